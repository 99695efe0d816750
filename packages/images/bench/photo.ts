import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createRandom, type RgbImage } from '@mmhs/core';
import sharp from 'sharp';

import { resizeImage } from '../src/index.ts';

/** Writes a JPEG file like a photograph - soft shapes, hard edges, noise - always the same, and gives its path. */
export async function writePhoto({ width, height }: { readonly width: number; readonly height: number }): Promise<string> {
  const random = createRandom([1, 'photo']);
  const seeds = Uint8Array.from({ length: 32 * 24 * 3 }, () => random.integer(256));
  const photo = resizeImage({ width: 32, height: 24, data: seeds }, { width, height, filter: 'bicubic' });
  for (let count = 0; count < 60; count += 1) paintDisc(photo, random);
  for (let index = 0; index < photo.data.length; index += 1) {
    photo.data[index] = Math.max(0, Math.min(255, photo.data[index]! + 4 * random.normal()));
  }
  const path = join(tmpdir(), `mmhs-images-bench-${process.pid}.jpg`);
  await sharp(photo.data, { raw: { width, height, channels: 3 } }).jpeg({ quality: 90 }).toFile(path);
  return path;
}

function paintDisc({ width, height, data }: RgbImage, random: ReturnType<typeof createRandom>): void {
  const radius = 5 + random.integer(width >> 3);
  const [centerX, centerY] = [random.integer(width), random.integer(height)];
  const color = [random.integer(256), random.integer(256), random.integer(256)];
  for (let y = Math.max(0, centerY - radius); y < Math.min(height, centerY + radius); y += 1) {
    for (let x = Math.max(0, centerX - radius); x < Math.min(width, centerX + radius); x += 1) {
      if ((x - centerX) ** 2 + (y - centerY) ** 2 < radius ** 2) data.set(color, (y * width + x) * 3);
    }
  }
}
