import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { RgbImage } from '@mmhs/core';
import { decodeImage } from '@mmhs/images';
import { describe, expect, it } from 'vitest';

import { checkpoints, fixturePath, openProcessor, readConfig, readFiles, readJson } from './__fixtures__/fixtures.ts';
import { readImageSettings } from './image-settings.ts';
import { cutIntoTiles, processSmolImage } from './process-image.ts';

interface PictureCase {
  readonly image: string;
  readonly longestEdge: number;
  readonly rows: number;
  readonly cols: number;
  readonly tiles: number;
  /** Sum of the reference's normalised values in double precision. */
  readonly sum: number;
  /** Of the reference's pixels before normalisation, `[tiles, 3, size, size]`. */
  readonly sha256: string;
}

const cases = readJson<PictureCase[]>('pictures.json');
const decode = (image: string): Promise<RgbImage> => decodeImage({ path: fixturePath(`images/${image}`) });

function settingsFor(longestEdge: number): ReturnType<typeof readImageSettings> {
  return readImageSettings({ files: readFiles('smolvlm'), config: readConfig('smolvlm'), imageSize: { longestEdge } });
}

function toPlanes({ width, height, data }: RgbImage): Uint8Array {
  const pixels = width * height;
  return Uint8Array.from({ length: 3 * pixels }, (_, index) => data[(index % pixels) * 3 + Math.floor(index / pixels)]!);
}

describe('cutIntoTiles', () => {
  it.each(cases)('gives the very pixels of the reference: $image at $longestEdge', async (expected) => {
    const { tiles, layout } = cutIntoTiles(await decode(expected.image), settingsFor(expected.longestEdge));
    expect(layout).toEqual({ rows: expected.rows, cols: expected.cols, tiles: expected.tiles });
    const hash = createHash('sha256');
    for (const picture of tiles) hash.update(toPlanes(picture));
    expect(hash.digest('hex')).toBe(expected.sha256);
  });

  it('squashes the enlarged picture into one tile when the checkpoint does not split', async () => {
    const settings = { ...settingsFor(128), splitting: false };
    const { tiles, layout } = cutIntoTiles(await decode('wide.png'), settings);
    expect(layout).toEqual({ rows: 0, cols: 0, tiles: 1 });
    expect(tiles.map(({ width, height }) => [width, height])).toEqual([[32, 32]]);
  });
});

describe('processSmolImage', () => {
  it.each(cases)('normalises as the reference does: $image at $longestEdge', async ({ image, longestEdge, sum, tiles }) => {
    const processed = processSmolImage(await decode(image), settingsFor(longestEdge));
    const pixels = processed.tensors.pixel_values!;
    expect(pixels.type).toBe('float32');
    expect(pixels.shape).toEqual([tiles, 3, 32, 32]);
    expect(processed.featureRows).toBe(tiles * 4);
    const total = (pixels.data as Float32Array).reduce((partial, value) => partial + value, 0);
    expect(total).toBeCloseTo(sum, 6);
  });

  it('gives the floats of the reference to the last bit', async () => {
    const bytes = readFileSync(fixturePath('photo_a-one-tile.f32'));
    const expected = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const processed = processSmolImage(await decode('photo_a.png'), settingsFor(32));
    expect(processed.tensors.pixel_values!.data).toEqual(expected);
  });

  it.each(checkpoints)('is what the processor of %s does', async (checkpoint) => {
    const image = await decode('photo_a.png');
    const fromProcessor = openProcessor(checkpoint, 64).processImage(image);
    expect(fromProcessor.tensors).toEqual(processSmolImage(image, settingsFor(64)).tensors);
  });
});
