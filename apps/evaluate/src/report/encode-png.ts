import { crc32, deflateSync } from 'node:zlib';
import type { RgbImage } from '@mmhs/core';

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const truecolor = 2;
/** Filter of a row: every byte minus that of the pixel to its left. */
const subFilter = 1;

/** Writes a picture as PNG (8-bit RGB). For small ones: all is done at once. */
export function encodePng({ width, height, data }: RgbImage): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, truecolor], 8);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(filterRows(width, height, data))), chunk('IEND', new Uint8Array())]);
}

function filterRows(width: number, height: number, data: Uint8Array): Uint8Array {
  const length = 3 * width;
  const filtered = new Uint8Array(height * (length + 1));
  for (let y = 0; y < height; y += 1) {
    const place = y * (length + 1);
    filtered[place] = subFilter;
    for (let x = 0; x < length; x += 1) {
      filtered[place + 1 + x] = (data[y * length + x] as number) - (x < 3 ? 0 : (data[y * length + x - 3] as number));
    }
  }
  return filtered;
}

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
