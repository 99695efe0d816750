import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom, type LinearPrecision, type QuantizedWeight } from '@mmhs/core';
import { Graph, linear, Module, serializeGraph } from '@mmhs/graph';
import { widenBfloat16 } from './half-precision.ts';
import { quantizeWeight } from './quantize-weight.ts';
import { createRuntime, type Runtime } from './runtime.ts';

type Precision = QuantizedWeight['precision'];
const precisions = ['weights-int4', 'weights-int8', 'int8'] as const satisfies readonly Precision[];

function describeWeight(precision: Precision, outFeatures: number, inFeatures: number, blockSize: number): QuantizedWeight {
  const spec = { name: '', type: 'uint8', shape: [] } as const;
  return { source: 'w', outFeatures, inFeatures, precision, blockSize, values: spec, scales: spec };
}

/** The weight that integers and scales stand for, and how far apart its levels are. */
function restore(weight: QuantizedWeight, source: Float32Array): { readonly restored: number; readonly step: number }[] {
  const { outFeatures, inFeatures, blockSize, precision } = weight;
  const { values, scales } = quantizeWeight(weight, { type: 'float32', data: source });
  const blocks = Math.ceil(inFeatures / blockSize);
  return Array.from({ length: outFeatures * inFeatures }, (_, index) => {
    const [output, input] = [Math.floor(index / inFeatures), index % inFeatures];
    if (precision === 'int8') {
      const scale = scales[output]!;
      return { restored: values[input * outFeatures + output]! * scale, step: Math.abs(scale) };
    }
    const block = output * blocks + Math.floor(input / blockSize);
    const place = block * blockSize + (input % blockSize);
    const scale = scales[block]!;
    const integer = precision === 'weights-int8' ? values[place]! - 128 : ((values[place >> 1]! >> (4 * (place & 1))) & 15) - 8;
    return { restored: integer * scale, step: Math.abs(scale) };
  });
}

describe('quantizeWeight', () => {
  const sizes = fc.record({ outFeatures: fc.integer({ min: 1, max: 4 }), inFeatures: fc.integer({ min: 1, max: 70 }) });

  it.each(precisions)('moves no element by more than the distance of two levels: %s', (precision) => {
    fc.assert(fc.property(sizes, fc.integer(), ({ outFeatures, inFeatures }, seed) => {
      const random = createRandom(seed);
      const source = Float32Array.from({ length: outFeatures * inFeatures }, () => random.next() - 0.5);
      const weight = describeWeight(precision, outFeatures, inFeatures, precision === 'int8' ? inFeatures : 32);
      restore(weight, source).forEach(({ restored, step }, index) => {
        // Half a step; a whole one at the end of the scale that has one level fewer.
        expect(Math.abs(restored - source[index]!)).toBeLessThanOrEqual(step * 1.0001);
      });
    }), { numRuns: 50 });
  });

  it.each(precisions)('keeps zeros, and the element of largest size: %s', (precision) => {
    const source = Float32Array.of(0, 0, 0, 0, 0, 3, 0, -1);
    const restored = restore(describeWeight(precision, 2, 4, precision === 'int8' ? 4 : 16), source).map((entry) => entry.restored);
    expect(restored.slice(0, 5)).toEqual([0, 0, 0, 0, 0].map((zero) => expect.closeTo(zero, 10)));
    expect(restored[5]).toBeCloseTo(3, 5);
  });
});

/** A block's scale and integers by the plain formula, float64 numbers but for the scale. */
function roundPlainly(block: readonly number[], divisor: number, zero: number, highest: number): { scale: number; integers: number[] } {
  const [top, bottom] = [Math.max(0, ...block), Math.min(0, ...block)];
  const largest = top >= -bottom ? top : bottom;
  const scale = Math.fround(divisor > 0 ? Math.abs(largest / divisor) : largest / divisor);
  return { scale, integers: block.map((value) => (scale === 0 ? zero : Math.min(highest, Math.floor(value * (1 / scale) + (zero + 0.5))))) };
}

describe('the integers and scales of quantizeWeight', () => {
  it.each([
    ['weights-int4', 32, -8, 8, 15], ['weights-int8', 32, -128, 128, 255], ['int8', 4100, 63, 63, 126],
  ] as const)('are those of the plain formula, for float32 and bfloat16 weights of more rows than are rounded at once: %s', (precision, blockSize, divisor, zero, highest) => {
    const [outFeatures, inFeatures] = [70, 4100];
    const random = createRandom(3);
    const bits = Uint16Array.from({ length: outFeatures * inFeatures }, () => (0x3c00 + Math.floor(random.next() * 0x180)) | (random.next() < 0.5 ? 0x8000 : 0));
    const data = widenBfloat16(bits);
    const weight = describeWeight(precision, outFeatures, inFeatures, blockSize);
    const found = quantizeWeight(weight, { type: 'bfloat16', data: bits });
    const same = quantizeWeight(weight, { type: 'float32', data });
    const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer);
    expect(Buffer.compare(bytesOf(found.values), bytesOf(same.values))).toBe(0);
    expect(Buffer.compare(bytesOf(found.scales), bytesOf(same.scales))).toBe(0);
    const blocks = Math.ceil(inFeatures / blockSize);
    // The first and last rows of what is rounded at once.
    const places = [0, 61, 62, 63, 64, 69].flatMap((row) => Array.from({ length: blocks }, (_, block) => row * blocks + block));
    const differing = places.filter((place) => {
      const [output, first] = [Math.floor(place / blocks), (place % blocks) * blockSize];
      const numbers = [...data.subarray(output * inFeatures + first, output * inFeatures + Math.min(first + blockSize, inFeatures))];
      const { scale, integers } = roundPlainly(numbers, divisor, zero, highest);
      const stored = integers.map((_, index) => {
        if (precision === 'int8') return found.values[(first + index) * outFeatures + output]! + zero;
        const at = place * blockSize + index;
        return precision === 'weights-int8' ? found.values[at]! : (found.values[at >> 1]! >> (4 * (at & 1))) & 15;
      });
      return found.scales[place] !== scale || stored.some((integer, index) => integer !== integers[index]);
    });
    expect(differing).toEqual([]);
  });
});

describe('a linear layer in fewer bits', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  const [rows, inFeatures, outFeatures] = [5, 160, 24];
  const random = createRandom(7);
  const numbers = (length: number): Float32Array => Float32Array.from({ length }, () => random.next() - 0.5);
  const [x, w, b] = [numbers(rows * inFeatures), numbers(outFeatures * inFeatures), numbers(outFeatures)];

  async function run(precision: LinearPrecision): Promise<Float32Array> {
    const graph = new Graph({ precision });
    const input = graph.input('x', 'float32', ['rows', inFeatures]);
    graph.output('y', graph.withoutRecording(() => linear(new Module(graph, 'layer'), input, { outFeatures, bias: true })));
    const weights = await runtime.loadTensors({ tensors: {
      'layer.weight': { type: 'float32', shape: [outFeatures, inFeatures], data: w }, 'layer.bias': { type: 'float32', shape: [outFeatures], data: b },
    } });
    const session = await runtime.createSession({ graph: serializeGraph(graph), weights });
    const { y } = await session.run({ feeds: { x: { type: 'float32', shape: [rows, inFeatures], data: x } } });
    return y!.data as Float32Array;
  }

  it.each([['weights-int4', 0.07], ['weights-int8', 0.01], ['int8', 0.02]] as const)('gives nearly the full product: %s', async (precision, tolerance) => {
    const [full, fewer] = [await run('float32'), await run(precision)];
    const norm = Math.hypot(...full);
    const error = Math.hypot(...full.map((value, index) => value - fewer[index]!)) / norm;
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(tolerance);
  });

  it('says which tensor is missing', async () => {
    const graph = new Graph({ precision: 'weights-int4' });
    graph.output('y', graph.withoutRecording(() => linear(new Module(graph, 'layer'), graph.input('x', 'float32', [1, 32]), { outFeatures: 2 })));
    const weights = await runtime.loadTensors({ tensors: {} });
    await expect(runtime.createSession({ graph: serializeGraph(graph), weights })).rejects.toThrow(/layer\.weight: .*1 missing/);
  });
});
