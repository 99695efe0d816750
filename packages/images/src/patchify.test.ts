import { createHash } from 'node:crypto';

import type { RgbImage } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readImages, readJson } from './__fixtures__/fixtures.ts';
import { normalizeToPlanar } from './normalize.ts';
import { patchify } from './patchify.ts';
import { resizeImage } from './resize.ts';

interface Case {
  readonly image: string;
  readonly setting: string;
  readonly grid: readonly [frames: number, height: number, width: number];
  readonly sum: number;
  /** SHA-256 of the pixels in the layout of the patches, before normalisation. */
  readonly u8: string;
  /** SHA-256 of the reference's `pixel_values`, float32. */
  readonly float32: string;
}

const sources = readImages('decoded.safetensors');
const untouched = { mean: [0, 0, 0], std: [1, 1, 1], rescaleFactor: 1 } as const;
const clip = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] } as const;
const qwen = { patchSize: 14, mergeSize: 2, temporalPatchSize: 2 } as const;

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A picture whose red and green channels are its coordinates and whose blue channel is their sum. */
function coordinates(width: number, height: number): RgbImage {
  const pixels = Array.from({ length: width * height }, (_, index) => [index % width, Math.floor(index / width)]);
  return { width, height, data: Uint8Array.from(pixels.flatMap(([x, y]) => [x!, y!, x! + y!])) };
}

describe('patchify', () => {
  it.each(readJson<Case[]>('patches.json'))(
    'gives the pixel values of the Qwen2-VL reference: $image, $setting',
    ({ image, grid: [, gridHeight, gridWidth], sum, u8, float32 }) => {
      const size = { width: gridWidth * 14, height: gridHeight * 14, filter: 'bicubic' } as const;
      const resized = resizeImage(sources.get(image)!, size);
      expect(sha256(Uint8Array.from(patchify(resized, { ...qwen, ...untouched }).data))).toBe(u8);
      const patches = patchify(resized, { ...qwen, ...clip });
      expect(patches).toMatchObject({ rows: gridHeight * gridWidth, columns: 1176, gridHeight, gridWidth });
      expect(patches.data.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 6);
      expect(sha256(new Uint8Array(patches.data.buffer))).toBe(float32);
    },
  );

  it('orders rows by square, then within the square', () => {
    const { data, columns } = patchify(coordinates(8, 4), { patchSize: 1, mergeSize: 2, ...untouched });
    const places = Array.from({ length: 12 }, (_, row) => [data[row * columns], data[row * columns + 1]]);
    expect(places).toEqual([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [3, 0], [2, 1], [3, 1], [4, 0], [5, 0], [4, 1], [5, 1]]);
  });

  it('orders columns by channel, frame, y and x', () => {
    const { data } = patchify(coordinates(4, 2), { patchSize: 2, temporalPatchSize: 2, ...untouched });
    expect([...data.subarray(24)]).toEqual(
      [2, 3, 2, 3, 2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 3, 3, 4, 2, 3, 3, 4],
    );
  });

  it('is normalizeToPlanar for a picture of one patch', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 75, maxLength: 75 }), (data) => {
      const image = { width: 5, height: 5, data };
      expect(patchify(image, { patchSize: 5, ...clip }).data).toEqual(normalizeToPlanar(image, clip));
    }));
  });

  it('writes into the array it is given, and refuses one of another length', () => {
    const image = coordinates(4, 2);
    const into = new Float32Array(24);
    expect(patchify(image, { patchSize: 2, ...untouched, into }).data).toBe(into);
    const run = (): unknown => patchify(image, { patchSize: 2, ...untouched, into: new Float32Array(25) });
    expect(run).toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE', details: expect.objectContaining({ where: 'into' }) as object }) as Error);
  });

  it.each([
    { patchSize: 3 },
    { patchSize: 2, mergeSize: 2 },
    { patchSize: 0 },
    { patchSize: 2, mergeSize: 0.5 },
    { patchSize: 2, temporalPatchSize: -1 },
  ])('refuses %o for a picture of 4 x 2', (sizes) => {
    const run = (): unknown => patchify(coordinates(4, 2), { ...untouched, ...sizes });
    expect(run).toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE' }) as Error);
  });
});
