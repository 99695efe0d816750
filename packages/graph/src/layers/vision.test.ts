import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { Module } from '../module.ts';
import { addPositionEmbedding, patchEmbedding, pixelShuffle, projectPatches } from './vision.ts';

function embedPatches(graph: Graph, shape: readonly [number, number, number], patchSize: number, outFeatures: number): Value {
  const pixels = graph.input('pixels', 'float32', ['images', ...shape]);
  return patchEmbedding(new Module(graph, 'patches'), pixels, { outFeatures, patchSize });
}

describe('patchEmbedding', () => {
  const geometry = fc.record({
    patchSize: fc.integer({ min: 1, max: 2 }), down: fc.integer({ min: 1, max: 2 }), across: fc.integer({ min: 1, max: 3 }),
    spareRows: fc.nat(1), spareColumns: fc.nat(1), images: fc.integer({ min: 1, max: 2 }), seed: fc.integer(),
  }).map(({ patchSize, down, across, spareRows, spareColumns, ...rest }) => ({
    ...rest, patchSize, down, across,
    height: down * patchSize + (patchSize > 1 ? spareRows : 0), width: across * patchSize + (patchSize > 1 ? spareColumns : 0),
  }));

  it('has the gradients that central differences give', () => {
    fc.assert(fc.property(geometry, ({ patchSize, height, width, images, seed }) => {
      expectGradients({
        build: (graph) => embedPatches(graph, [2, height, width], patchSize, 3),
        feeds: { pixels: uniform(seededRandom(seed), [images, 2, height, width]) },
        trainable: { adapters: new Map(), full: new Set(['patches.weight', 'patches.bias']) },
        seed,
      });
    }), { seed: 42, numRuns: 10 });
  });

  it('is the convolution whose kernel is its stride', () => {
    fc.assert(fc.property(geometry, ({ patchSize: p, down, across, height, width, images, seed }) => {
      const random = seededRandom(seed);
      const [channels, outFeatures] = [2, 3];
      const pixels = uniform(random, [images, channels, height, width]);
      const weight = uniform(random, [outFeatures, channels, p, p]);
      const bias = uniform(random, [outFeatures]);
      const graph = new Graph();
      const rows = embedPatches(graph, [channels, height, width], p, outFeatures);
      const [result] = evaluate(graph, [rows], { pixels, 'patches.weight': weight, 'patches.bias': bias });
      expect(result!.shape).toEqual([images * down * across, outFeatures]);
      for (let row = 0; row < images * down * across; row++) {
        const [image, i, j] = [Math.floor(row / (down * across)), Math.floor(row / across) % down, row % across];
        for (let out = 0; out < outFeatures; out++) {
          let sum = bias.data[out]!;
          for (let c = 0; c < channels; c++) {
            for (let y = 0; y < p; y++) {
              for (let x = 0; x < p; x++) {
                const pixel = pixels.data[((image * channels + c) * height + i * p + y) * width + j * p + x]!;
                sum += pixel * weight.data[((out * channels + c) * p + y) * p + x]!;
              }
            }
          }
          expect(result!.data[row * outFeatures + out]).toBeCloseTo(sum, 10);
        }
      }
    }), { seed: 43, numRuns: 15 });
  });
});

describe('projectPatches', () => {
  const build = (graph: Graph, bias: boolean): Value =>
    projectPatches(new Module(graph, 'patches'), graph.input('rows', 'float32', ['patches', 12]), { outFeatures: 2, patchShape: [3, 2, 1, 2], bias });

  it.each([[true, ['patches.weight', 'patches.bias']], [false, ['patches.weight']]])(
    'has the gradients that central differences give, bias %s', (bias, weights) => {
      expectGradients({
        build: (graph) => build(graph, bias),
        feeds: { rows: uniform(seededRandom(3), [4, 12]) },
        trainable: { adapters: new Map(), full: new Set(weights) },
        seed: 3,
      });
    });

  it('is the product of flat patches with the flattened kernels', () => {
    const graph = new Graph();
    const random = seededRandom(8);
    const [rows, weight] = [uniform(random, [3, 12]), uniform(random, [2, 3, 2, 1, 2])];
    const { data } = evaluate(graph, [build(graph, false)], { rows, 'patches.weight': weight })[0]!;
    data.forEach((element, place) => {
      const [row, out] = [Math.floor(place / 2), place % 2];
      const sum = Array.from({ length: 12 }, (_, at) => rows.data[row * 12 + at]! * weight.data[out * 12 + at]!).reduce((a, b) => a + b);
      expect(element).toBeCloseTo(sum, 12);
    });
  });
});

describe('pixelShuffle', () => {
  const geometry = fc.record({
    factor: fc.integer({ min: 1, max: 3 }), cells: fc.integer({ min: 1, max: 2 }), images: fc.integer({ min: 1, max: 2 }),
    width: fc.integer({ min: 1, max: 3 }), seed: fc.integer(),
  });
  const shuffled = (graph: Graph, side: number, factor: number, width: number): Value =>
    pixelShuffle(graph.input('rows', 'float32', [`${side * side}*images`, width]), { side, factor });
  const build = (graph: Graph, side: number, factor: number, width: number): Value => {
    graph.input('image_numbers', 'int64', ['images']);
    return shuffled(graph, side, factor, width);
  };

  it('has the gradient that central differences give', () => {
    fc.assert(fc.property(geometry, ({ factor, cells, images, width, seed }) => {
      const side = factor * cells;
      expectGradients({
        build: (graph) => build(graph, side, factor, width),
        feeds: { rows: uniform(seededRandom(seed), [side * side * images, width]), image_numbers: array64([images], new Array<number>(images).fill(0)) },
        seed,
      });
    }), { seed: 44, numRuns: 10 });
  });

  it('joins blocks with channels in order (dy, dx, channel)', () => {
    fc.assert(fc.property(geometry, ({ factor, cells, images, width, seed }) => {
      const side = factor * cells;
      const rows = uniform(seededRandom(seed), [side * side * images, width]);
      const graph = new Graph();
      const value = build(graph, side, factor, width);
      const [result] = evaluate(graph, [value], { rows, image_numbers: array64([images], new Array<number>(images).fill(0)) });
      for (let place = 0; place < result!.data.length; place++) {
        const channel = place % width;
        const dx = Math.floor(place / width) % factor;
        const dy = Math.floor(place / (width * factor)) % factor;
        const cell = Math.floor(place / (width * factor * factor));
        const [image, row, column] = [Math.floor(cell / cells ** 2), Math.floor(cell / cells) % cells, cell % cells];
        const source = (image * side + row * factor + dy) * side + column * factor + dx;
        expect(result!.data[place]).toBe(rows.data[source * width + channel]);
      }
    }), { seed: 45, numRuns: 15 });
  });

  it('refuses a factor that does not divide the side', () => {
    const graph = new Graph();
    expect(() => graph.scope('connector', () => shuffled(graph, 3, 2, 4))).toThrow(/^connector: .*factor 2 does not divide side 3/);
  });
});

describe('addPositionEmbedding', () => {
  it('adds the same table to every image, with the gradients that central differences give', () => {
    expectGradients({
      build: (graph) => addPositionEmbedding(new Module(graph, 'positions'), graph.input('rows', 'float32', [6, 2]), { places: 3 }),
      feeds: { rows: uniform(seededRandom(1), [6, 2]) },
      trainable: { adapters: new Map(), full: new Set(['positions.weight']) },
      seed: 1,
    });
    const graph = new Graph();
    const sum = addPositionEmbedding(new Module(graph, 'positions'), graph.input('rows', 'float32', [4, 1]), { places: 2 });
    const feeds = { rows: array64([4, 1], [1, 2, 3, 4]), 'positions.weight': array64([2, 1], [10, 20]) };
    expect([...evaluate(graph, [sum], feeds)[0]!.data]).toEqual([11, 22, 13, 24]);
  });

  it('refuses rows that are not whole images, naming itself', () => {
    const graph = new Graph();
    const rows = graph.input('rows', 'float32', [5, 2]);
    expect(() => addPositionEmbedding(new Module(graph, 'model.positions'), rows, { places: 3 }))
      .toThrow(/^model\.positions: .*no whole groups of 3.*rows float32\[5, 2\]/);
  });
});
