import { readFileSync } from 'node:fs';

import { MmhsError } from '@mmhs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fixturePath } from './__fixtures__/fixtures.ts';
import { createImageWorkers } from './image-workers.ts';
import { prepareImage, type ImageOutput } from './prepare.ts';

const path = fixturePath('photo_b_q90.jpg');
const workers = createImageWorkers({ threads: 1 });
// From TypeScript sources a thread is slow to start; this is its one start.
beforeAll(async () => void (await workers.prepareImage({ path, output: { kind: 'image' } })), 60_000);
afterAll(() => workers.close());

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
const steps = [
  { kind: 'crop', left: 10, top: 0, width: 100, height: 120 },
  { kind: 'resize', width: 56, height: 28, filter: 'bicubic' },
] as const;

describe('createImageWorkers', () => {
  it.each([
    { kind: 'image' },
    { kind: 'planes', ...half },
    { kind: 'patches', patchSize: 14, mergeSize: 2, ...half },
  ] satisfies ImageOutput[])('gives what prepareImage gives: $kind', async (output) => {
    expect(await workers.prepareImage({ path, steps, output })).toEqual(await prepareImage({ path, steps, output }));
  });

  it('takes bytes and pictures, and leaves them as they are', async () => {
    const bytes = readFileSync(path);
    const image = await workers.prepareImage({ bytes, output: { kind: 'image' } });
    expect([image.width, image.height, image.data.length]).toEqual([160, 120, 57_600]);
    const planes = await workers.prepareImage({ image, steps, output: { kind: 'planes', ...half } });
    expect(planes).toEqual(await prepareImage({ bytes, steps, output: { kind: 'planes', ...half } }));
    expect([bytes.length, image.data.length]).toEqual([readFileSync(path).length, 57_600]);
  });

  it('throws what prepareImage throws, and goes on', async () => {
    const bad = fixturePath('bad/truncated.jpg');
    const error: unknown = await workers.prepareImage({ path: bad, output: { kind: 'image' } }).catch((reason: unknown) => reason);
    const same: unknown = await prepareImage({ path: bad, output: { kind: 'image' } }).catch((reason: unknown) => reason);
    if (!MmhsError.isInstance(error) || !MmhsError.isInstance(same)) throw new Error('neither threw an MmhsError');
    expect([error.code, error.message, error.details.where]).toEqual([same.code, same.message, bad]);
    expect((await workers.prepareImage({ path, output: { kind: 'image' } })).width).toBe(160);
  });

  it('rejects at once when aborted, whether the picture waits or is worked on', async () => {
    const controller = new AbortController();
    const begun = workers.prepareImage({ path, output: { kind: 'image' }, signal: controller.signal });
    const waits = workers.prepareImage({ path, output: { kind: 'image' }, signal: controller.signal });
    const other = workers.prepareImage({ path, output: { kind: 'image' } });
    controller.abort(new Error('enough'));
    await expect(begun).rejects.toThrow('enough');
    await expect(waits).rejects.toThrow('enough');
    expect((await other).width).toBe(160);
    await expect(workers.prepareImage({ path, output: { kind: 'image' }, signal: controller.signal })).rejects.toThrow('enough');
  });

  it.each([0, 1.5, -1])('refuses %s threads', (threads) => {
    const run = (): unknown => createImageWorkers({ threads });
    expect(run).toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE' }) as Error);
  });

  it('refuses what waits when closed, and whatever comes later', async () => {
    const begun = workers.prepareImage({ path, output: { kind: 'image' } });
    const waits = workers.prepareImage({ path, output: { kind: 'image' } });
    const refused = expect(waits).rejects.toMatchObject({ code: 'MMHS_IMAGE_CLOSED' });
    await workers.close();
    await refused;
    expect((await begun).width).toBe(160);
    await expect(workers.prepareImage({ path, output: { kind: 'image' } })).rejects.toMatchObject({ code: 'MMHS_IMAGE_CLOSED' });
  });
});
