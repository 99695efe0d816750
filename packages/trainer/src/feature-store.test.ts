import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FloatTensor, ProcessedImage, VlmModel } from '@mmhs/core';
import type { Session } from '@mmhs/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFeatureStore, type FeatureCacheOptions } from './feature-store.ts';
import type { PreparedImage } from './prepare-posts.ts';

/** A picture's number is its only pixel; its features are 64 floats, 256 bytes, of that number. */
const picture = (index: number): PreparedImage => ({ path: `${index}.png`, key: `key ${index}`, featureRows: 1 });
const tensor = (data: Float32Array, shape: readonly number[]): FloatTensor => ({ type: 'float32', shape, data });
const featureBytes = 256;

function createStore(cache: Omit<FeatureCacheOptions, 'identity'>, identity = 'weights') {
  const vision = {
    run: ({ feeds }: { feeds: { pixels: FloatTensor } }) =>
      Promise.resolve({ image_features: tensor(new Float32Array(64).fill(feeds.pixels.data[0] ?? -1), [1, 64]) }),
  };
  const processed = (path: string) => ({ tensors: { pixels: tensor(Float32Array.of(Number.parseInt(path, 10)), [1]) } });
  return createFeatureStore({
    vision: vision as unknown as Session,
    model: { batchImages: ([image]: ProcessedImage[]) => image?.tensors } as unknown as VlmModel,
    images: { load: (path) => Promise.resolve({ key: path, processed: processed(path) as unknown as ProcessedImage }) },
    cache: { ...cache, identity },
  });
}

const values = (features: readonly FloatTensor[]): (number | undefined)[] => features.map(({ data }) => data[63]);
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'mmhs-features-')), 'features');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

describe('createFeatureStore', () => {
  it('computes each picture once, also when it occurs twice, and keeps the order', async () => {
    const store = createStore({ memoryBytes: 10 * featureBytes });
    expect(values(await store.get([picture(2), picture(1), picture(2)]))).toEqual([2, 1, 2]);
    expect(values(await store.get([picture(1)]))).toEqual([1]);
    expect(store.computed).toBe(2);
  });

  it('stays within its memory and computes again what it forgot', async () => {
    const store = createStore({ memoryBytes: 2 * featureBytes });
    await store.get([picture(1), picture(2), picture(3)]);
    await store.get([picture(3), picture(2)]);
    expect(store.computed).toBe(3);
    expect(values(await store.get([picture(1)]))).toEqual([1]);
    expect(store.computed).toBe(4);
  });

  it('reads from the folder what another run computed, bit for bit, but not under other weights', async () => {
    await createStore({ folder }).get([picture(1), picture(2)]);
    const [later, other] = [createStore({ folder, memoryBytes: 0 }), createStore({ folder }, 'other weights')];
    expect(values(await later.get([picture(2), picture(1)]))).toEqual([2, 1]);
    expect(later.computed).toBe(0);
    await other.get([picture(1)]);
    expect(other.computed).toBe(1);
  });

  it('keeps the folder within its limit', async () => {
    const diskBytes = 1200;
    const store = createStore({ folder, memoryBytes: 0, diskBytes });
    for (let index = 0; index < 8; index += 1) {
      await store.get([picture(index)]);
      const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(diskBytes);
    }
    expect((await readdir(folder)).length).toBeGreaterThan(1);
  });

  it('computes again what is damaged on the disk', async () => {
    await createStore({ folder }).get([picture(7)]);
    for (const name of await readdir(folder)) await writeFile(join(folder, name), 'torn');
    const store = createStore({ folder, memoryBytes: 0 });
    expect(values(await store.get([picture(7)]))).toEqual([7]);
    expect(values(await store.get([picture(7)]))).toEqual([7]);
    expect(store.computed).toBe(1);
  });
});
