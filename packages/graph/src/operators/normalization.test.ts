import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numbers, sizeOf, type Array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate, type Feeds } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { layerNormalization, rmsNormalization, rmsNormalizationOnePlus, softmax } from './normalization.ts';

const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 2 })
  .chain((lead) => fc.integer({ min: 2, max: 6 }).map((width) => [...lead, width]));
const runs = { seed: 24, numRuns: 20 };
const epsilon = 1e-5;

interface Operands { readonly x: Value; readonly weight: Value; readonly bias: Value }
const operators = [
  ['rmsNormalization', ({ x, weight }: Operands) => rmsNormalization(x, weight, epsilon)],
  ['rmsNormalizationOnePlus', ({ x, weight }: Operands) => rmsNormalizationOnePlus(x, weight, epsilon)],
  ['layerNormalization', ({ x, weight, bias }: Operands) => layerNormalization(x, weight, bias, epsilon)],
] as const;

function declare(graph: Graph, sizes: readonly number[]): Operands {
  const width = sizes.at(-1)!;
  return {
    x: graph.input('x', 'float32', sizes),
    weight: graph.input('weight', 'float32', [width]),
    bias: graph.input('bias', 'float32', [width]),
  };
}

function randomFeeds(seed: number, sizes: readonly number[]): Feeds {
  const random = seededRandom(seed);
  const width = sizes.at(-1)!;
  return { x: uniform(random, sizes, -2, 2), weight: uniform(random, [width]), bias: uniform(random, [width]) };
}

describe.each(operators)('%s', (name, operator) => {
  it('has the gradients that central differences give', () => {
    fc.assert(fc.property(shape, fc.integer(), (sizes, seed) => {
      expectGradients({
        build: (graph) => operator(declare(graph, sizes)),
        feeds: randomFeeds(seed, sizes),
        fixed: name === 'layerNormalization' ? [] : ['bias'],
        seed,
      });
    }), runs);
  });

  it('refuses a weight of another width', () => {
    const graph = new Graph();
    const operands = { ...declare(graph, [2, 3]), weight: graph.input('wide', 'float32', [4]) };
    expect(() => graph.scope('norm', () => operator(operands))).toThrow(/^norm: .*x float32\[2, 3\] and wide float32\[4\]|norm: .*x float32\[2, 3\] and Add_\d+ float32\[4\]/);
  });
});

describe('normalised lines', () => {
  const line = [3, -1, 2, 4];
  const feeds = { x: numbers(line, [1, 4]), weight: numbers([1, 1, 1, 2]), bias: numbers([0, 0, 0, 5]) };
  const run = (operator: (operands: Operands) => Value): Array64 => {
    const graph = new Graph();
    return evaluate(graph, [operator(declare(graph, [1, 4]))], feeds)[0]!;
  };

  it('of RMSNorm have mean square 1 before the weight', () => {
    const { data } = run(operators[0][1]);
    const squares = [...data].map((value, column) => (value / feeds.weight.data[column]!) ** 2);
    expect(squares.reduce((sum, value) => sum + value) / 4).toBeCloseTo(1, 5);
    expect(data[0]! / data[1]!).toBeCloseTo(-3, 12);
  });

  it('of the other RMSNorm are multiplied by one plus the weight', () => {
    const [plain, onePlus] = [run(operators[0][1]).data, run(operators[1][1]).data];
    expect(onePlus[0]! / plain[0]!).toBeCloseTo(2, 12);
    expect(onePlus[3]! / plain[3]!).toBeCloseTo(1.5, 12);
  });

  it('of LayerNorm have mean 0 and biased variance 1 before weight and bias', () => {
    const { data } = run(operators[2][1]);
    const plain = [...data].map((value, column) => (value - feeds.bias.data[column]!) / feeds.weight.data[column]!);
    expect(plain.reduce((sum, value) => sum + value)).toBeCloseTo(0, 10);
    expect(plain.reduce((sum, value) => sum + value ** 2, 0) / 4).toBeCloseTo(1, 5);
  });
});

describe('softmax', () => {
  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(shape, fc.integer(), (sizes, seed) => {
      expectGradients({
        build: (graph) => softmax(graph.input('x', 'float32', sizes)),
        feeds: { x: uniform(seededRandom(seed), sizes, -3, 3) },
        seed,
      });
    }), runs);
  });

  it('makes each line add up to one, whatever is added to the line', () => {
    fc.assert(fc.property(shape, fc.integer(), fc.integer({ min: -700, max: 700 }), (sizes, seed, shift) => {
      const graph = new Graph();
      const y = softmax(graph.input('x', 'float32', sizes));
      const x = uniform(seededRandom(seed), sizes);
      const [plain, moved] = [x, { ...x, data: x.data.map((value) => value + shift) }]
        .map((input) => evaluate(graph, [y], { x: input })[0]!.data);
      expect(plain!.reduce((sum, value) => sum + value)).toBeCloseTo(sizeOf(sizes.slice(0, -1)), 10);
      plain!.forEach((value, index) => expect(moved![index]).toBeCloseTo(value, 10));
    }), runs);
  });
});
