import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom, type FloatTensor, type TrainableTensors } from '@mmhs/core';
import { Graph, gradients, linear, Module, mul, reduceSum, reshape, serializeGraph } from '@mmhs/graph';
import { widenBfloat16 } from './half-precision.ts';
import { quantizeNf4 } from './nf4.ts';
import { createRuntime, type Runtime } from './runtime.ts';

const levels = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
  0.7229568362236023, 1,
];
const fixture = JSON.parse(readFileSync(new URL('__fixtures__/nf4.json', import.meta.url), 'utf8')) as
  { readonly weight: number[]; readonly absmax: number[]; readonly packed: string };

/** The weight that codes and scales stand for. */
function restore(weight: Float32Array): Float32Array {
  const { values, scales } = quantizeNf4({ type: 'float32', data: weight });
  return weight.map((_, index) => levels[(values[index >> 1]! >> (index % 2 === 0 ? 4 : 0)) & 15]! * scales[index >> 6]!);
}

describe('quantizeNf4', () => {
  it("gives the reference's codes and scales", () => {
    const { values, scales } = quantizeNf4({ type: 'float32', data: Float32Array.from(fixture.weight) });
    expect(Buffer.from(values.buffer).toString('hex')).toBe(fixture.packed);
    expect([...scales]).toEqual(fixture.absmax);
  });

  it('takes the nearest level of each element, whatever the size and however blocks end', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer(), fc.constantFrom(1e-3, 1, 1e6), (length, seed, size) => {
      const random = createRandom(seed);
      const weight = Float32Array.from({ length }, () => size * (random.next() - 0.5));
      const { scales } = quantizeNf4({ type: 'float32', data: weight });
      restore(weight).forEach((value, index) => {
        const scale = scales[index >> 6]!;
        const nearest = Math.min(...levels.map((level) => Math.abs(level * scale - weight[index]!)));
        expect(Math.abs(value - weight[index]!)).toBeLessThanOrEqual(nearest + 1e-6 * scale);
      });
    }), { numRuns: 50 });
  });

  it('keeps zeros and the largest element of a block, and is the same for bfloat16', () => {
    expect([...restore(Float32Array.of(0, 0, -0.3, 0))]).toEqual([0, 0, Math.fround(-0.3), 0]);
    expect([...restore(new Float32Array(64))]).toEqual([...new Float32Array(64)]);
    const random = createRandom(5);
    // More than is widened at once.
    const bits = Uint16Array.from({ length: 2 ** 16 + 100 }, () => 0x3c00 + Math.floor(random.next() * 0x180));
    expect(quantizeNf4({ type: 'bfloat16', data: bits })).toEqual(quantizeNf4({ type: 'float32', data: widenBfloat16(bits) }));
  });
});

describe('a linear layer in NF4', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  const adapted: TrainableTensors = { adapters: new Map(['below', 'layer'].map((name) => [name, { rank: 2, scaling: 1, dropout: 0 }])), full: new Set() };
  const random = createRandom(11);
  const tensor = (...shape: number[]): FloatTensor =>
    ({ type: 'float32', shape, data: Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () => random.next() - 0.5) });

  /** Two layers with adapters, so that the gradient must go through the upper one. */
  async function run(precision: 'float32' | 'weights-nf4', sizes: readonly [number, number, number], tensors: Readonly<Record<string, FloatTensor>>) {
    const [inFeatures, inner, outFeatures] = sizes;
    const graph = new Graph({ trainable: adapted, precision });
    const x = graph.input('x', 'float32', ['rows', inFeatures]);
    const below = graph.withPrecision('float32', () => linear(new Module(graph, 'below'), x, { outFeatures: inner }));
    const y = linear(new Module(graph, 'layer'), below, { outFeatures, bias: true });
    const loss = reshape(reduceSum(mul(y, y), [0, 1]), []);
    graph.output('y', y);
    for (const [parameter, gradient] of gradients(loss, graph.parameters.values())) graph.output(`grad.${parameter.name}`, gradient);
    const model = serializeGraph(graph);
    const parameters = await runtime.createParameters({ specs: model.parameters });
    for (const { name } of model.parameters) parameters.values.get(name)?.set(tensors[name]!.data);
    parameters.markChanged();
    const names = ['below.weight', 'layer.weight', 'layer.bias'];
    const weights = await runtime.loadTensors({ tensors: Object.fromEntries(names.map((name) => [name, tensors[name]!])) });
    const session = await runtime.createSession({ graph: model, weights, parameters });
    const outputs = await session.run({ feeds: { x: tensors['x']! }, gradients: 'write' });
    await session.release();
    return new Map([['y', outputs['y']!.data as Float32Array], ...parameters.gradients]);
  }

  it.each([[[64, 128, 32]], [[8, 24, 40]], [[5, 7, 3]]] as const)('has the values and gradients of the weight that its codes stand for: %j', async (sizes) => {
    const [inFeatures, inner, outFeatures] = sizes;
    const tensors = {
      x: tensor(4, inFeatures), 'below.weight': tensor(inner, inFeatures), 'layer.weight': tensor(outFeatures, inner), 'layer.bias': tensor(outFeatures),
      'below.lora_A.weight': tensor(2, inFeatures), 'below.lora_B.weight': tensor(inner, 2),
      'layer.lora_A.weight': tensor(2, inner), 'layer.lora_B.weight': tensor(outFeatures, 2),
    };
    const found = await run('weights-nf4', sizes, tensors);
    const restored = { ...tensors['layer.weight'], data: restore(tensors['layer.weight'].data) };
    const expected = await run('float32', sizes, { ...tensors, 'layer.weight': restored });
    const full = await run('float32', sizes, tensors);
    for (const [name, values] of expected) {
      const largest = Math.max(...values.map(Math.abs));
      const error = (others: Float32Array): number => Math.max(...values.map((value, index) => Math.abs(value - others[index]!))) / largest;
      expect(error(found.get(name)!), name).toBeLessThan(1e-5);
      // So that the check means something.
      expect(error(full.get(name)!), name).toBeGreaterThan(1e-3);
    }
  });
});
