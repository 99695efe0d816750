import { elementCount, type ModelGraph, type ProcessedImage, type Tensor, type TrainableTensors } from '@mmhs/core';
import { createRuntime, type CheckpointHandle, type ParameterStore, type Runtime } from '@mmhs/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openTinyModel } from './__fixtures__/tiny-checkpoint.ts';
import { gridTensors } from './image-grid.ts';

const model = openTinyModel();
const frozen: TrainableTensors = { adapters: new Map(), full: new Set() };
const names = (specs: readonly { readonly name: string }[]): string[] => specs.map(({ name }) => name).sort();
const towerInputs = ['patch_positions', 'pixel_values', 'segment_mask', 'segment_places', 'segment_rows'];

describe('the graphs', () => {
  it('of the tower: patches, their places and the pictures they belong to', () => {
    const graph = model.visionGraph({ trainable: frozen });
    expect(Object.fromEntries(graph.inputs.map(({ name, type, shape }) => [name, `${type}[${shape.join(', ')}]`]))).toEqual({
      pixel_values: 'float32[4*image_rows, 1176]',
      patch_positions: 'int64[2, image_rows, 4]',
      segment_rows: 'int64[segments, length]',
      segment_mask: 'float32[segments, length]',
      segment_places: 'int64[4*image_rows]',
    });
    expect(graph.outputs).toEqual([{ name: 'image_features', type: 'float32', shape: ['image_rows', 64] }]);
  });

  it('of training take the tower in, or its features, or neither', () => {
    const options = { trainable: frozen, sharedPrefix: true, gradients: true } as const;
    const [fed, computed, none] = (['fed', 'computed', 'none'] as const).map((imageFeatures) =>
      names(model.trainingGraph({ ...options, imageFeatures }).inputs)) as [string[], string[], string[]];
    expect(computed).toEqual([...none, ...towerInputs, 'splice_rows'].sort());
    expect(fed).toEqual([...none, 'image_features', 'splice_rows'].sort());
    expect(model.trainingGraph({ ...options, imageFeatures: 'none' }).inputs).toContainEqual({
      name: 'position_ids', type: 'int64', shape: [3, 'tokens'],
    });
  });

  it('of training can train every tensor', () => {
    const full = new Set(names(model.tensors));
    const graph = model.trainingGraph({
      trainable: { adapters: new Map(), full }, sharedPrefix: false, gradients: true, imageFeatures: 'computed',
    });
    expect(graph.weights).toEqual([]);
    expect(names(graph.parameters)).toEqual(names(model.tensors));
  });
});

describe('pictures of different sizes in one batch', () => {
  // Sizes whose tallest is not the widest, and one square that is smaller than the rest.
  const pictures = [[4, 6], [8, 4], [2, 2]].map(([gridHeight = 0, gridWidth = 0], index): ProcessedImage => {
    const rows = gridHeight * gridWidth;
    const grid = { gridHeight, gridWidth };
    const pixels = { type: 'float32', shape: [rows, 1176], data: noise(rows * 1176, 40 + index) } as const;
    return { tensors: { pixel_values: pixels, ...gridTensors([grid], 2) }, featureRows: rows / 4, layout: grid };
  });
  const adapted: TrainableTensors = {
    full: new Set(),
    adapters: new Map(['blocks.0.attn.qkv', 'blocks.1.attn.proj', 'blocks.1.mlp.fc1', 'merger.mlp.2'].map(
      (path) => [`model.visual.${path}`, { rank: 2, scaling: 1, dropout: 0 }])),
  };
  let runtime: Runtime;
  let weights: CheckpointHandle;

  beforeAll(async () => {
    runtime = await createRuntime({ threads: 1 });
    weights = await runtime.loadTensors({
      tensors: Object.fromEntries(model.tensors.map(({ name, shape }, index) => {
        const sizes = shape as readonly number[];
        const data = noise(elementCount(sizes), index).map((value) => (sizes.length === 1 ? 1 : 0.3) * value);
        return [name, { type: 'float32', shape: sizes, data } satisfies Tensor];
      })),
    });
  });
  afterAll(() => runtime.close());

  async function run(graph: ModelGraph, feeds: Record<string, Tensor>, parameters?: ParameterStore): Promise<Record<string, Tensor>> {
    const session = await runtime.createSession({ graph, weights, ...(parameters === undefined ? {} : { parameters }) });
    const outputs = await session.run({ feeds, ...(parameters === undefined ? {} : { gradients: 'write' as const }) });
    await session.release();
    return outputs;
  }

  it('have the features they have alone', async () => {
    const graph = model.visionGraph({ trainable: frozen });
    const { image_features: together } = await run(graph, model.batchImages(pictures));
    const alone: number[] = [];
    for (const picture of pictures) alone.push(...((await run(graph, model.batchImages([picture])))['image_features']?.data as Float32Array));
    expect(together?.shape).toEqual([6 + 8 + 1, 64]);
    expect(largestError(together?.data as Float32Array, alone)).toBeLessThan(1e-5);
  });

  it('have the gradients they have alone, where adapters sit in the tower', async () => {
    const graph = model.trainingGraph({ trainable: adapted, sharedPrefix: false, imageFeatures: 'computed', gradients: true });
    const parameters = await runtime.createParameters({ specs: graph.parameters });
    [...parameters.values.values()].forEach((values, index) => values.set(noise(values.length, 90 + index).map((value) => 0.3 * value)));
    parameters.markChanged();
    const gradients = async (images: readonly ProcessedImage[]): Promise<number[]> => {
      await run(graph, { ...packPictures(images), ...model.batchImages(images) }, parameters);
      return [...parameters.gradients.values()].flatMap((values) => [...values]);
    };
    const together = await gradients(pictures);
    const alone: number[][] = [];
    for (const picture of pictures) alone.push(await gradients([picture]));
    const sums = together.map((_, place) => alone.reduce((sum, values) => sum + (values[place] ?? NaN), 0));
    expect(together.length).toBeGreaterThan(500);
    expect(largestError(together, sums)).toBeLessThan(1e-5);
  });
});

/** Posts of image tokens and one label each, packed as docs/graph-contract.md says. */
function packPictures(images: readonly ProcessedImage[]): Record<string, Tensor> {
  const lengths = images.map(({ featureRows }) => featureRows);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const query = Math.max(...lengths);
  const starts = lengths.map((_, post) => lengths.slice(0, post).reduce((sum, length) => sum + length, 0));
  const integers = (shape: readonly number[], data: readonly number[]): Tensor => ({ type: 'int64', shape, data: BigInt64Array.from(data, BigInt) });
  const table = (element: (post: number, column: number, real: boolean) => number): Tensor =>
    integers([images.length, query], lengths.flatMap((length, post) =>
      Array.from({ length: query }, (_, column) => element(post, column, column < length))));
  const own = lengths.flatMap((length, post) => Array.from({ length }, (_, index) => [post, index] as const));
  const rows = table((post, column, real) => starts[post]! + (real ? column : 0));
  return {
    input_ids: integers([tokens], own.map(() => model.imageTokenId)),
    position_ids: integers([3, tokens], [0, 1, 2].flatMap(() => own.map(([, index]) => index))),
    splice_rows: integers([tokens], own.map((_, row) => tokens + row)),
    query_rows: rows,
    key_rows: rows,
    query_order: table((_, column, real) => (real ? column : 2 ** 30)),
    key_order: table((_, column, real) => (real ? column : 2 ** 30 + 1)),
    own_rows: integers([tokens], own.map(([post, index]) => post * query + index)),
    label_rows: integers([images.length], lengths.map((length, post) => starts[post]! + length - 1)),
    labels: integers([images.length], images.map(() => 5)),
    loss_scale: { type: 'float32', shape: [], data: Float32Array.of(1) },
  };
}

/** Largest difference relative to the largest expected number. */
function largestError(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, place) => Math.abs(value - actual[place]!))) / size;
}

/** Numbers between -1 and 1 that look random. */
function noise(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => {
    const wave = Math.sin((index + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (wave - Math.floor(wave)) - 1;
  });
}
