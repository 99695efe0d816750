import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numbers } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate } from '../../test/interpreter.ts';
import { seededRandom, uniform, wholeNumbers } from '../../test/random.ts';
import { Graph } from '../graph.ts';
import { crossEntropy } from './cross-entropy.ts';

describe('crossEntropy', () => {
  it('has the gradient that central differences give', () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(fc.property(size, size, fc.integer(), (count, classes, seed) => {
      const random = seededRandom(seed);
      expectGradients({
        build: (graph) => crossEntropy(graph.input('logits', 'float32', ['n', classes]), graph.input('labels', 'int64', ['n'])),
        feeds: { logits: uniform(random, [count, classes], -3, 3), labels: wholeNumbers(random, [count], classes) },
        seed,
      });
    }), { seed: 29, numRuns: 20 });
  });

  it('is minus the log-probability of each label', () => {
    const graph = new Graph();
    const losses = crossEntropy(graph.input('logits', 'float32', [2, 3]), graph.input('labels', 'int64', [2]));
    const feeds = { logits: numbers([0, 0, 0, Math.log(6), 0, 0], [2, 3]), labels: numbers([1, 0]) };
    expect([...evaluate(graph, [losses], feeds)[0]!.data]).toEqual([Math.log(3), Math.log(8 / 6)].map((x) => expect.closeTo(x, 12)));
  });

  it('stays finite for logits far apart', () => {
    const graph = new Graph();
    const losses = crossEntropy(graph.input('logits', 'float32', [1, 2]), graph.input('labels', 'int64', [1]));
    const feeds = { logits: numbers([-5000, 5000], [1, 2]), labels: numbers([0]) };
    expect([...evaluate(graph, [losses], feeds)[0]!.data]).toEqual([10000]);
  });

  it('refuses another number of labels than rows', () => {
    const graph = new Graph();
    const [logits, labels] = [graph.input('logits', 'float32', ['n', 3]), graph.input('labels', 'int64', ['m'])];
    expect(() => crossEntropy(logits, labels)).toThrow(/logits float32\[n, 3\] and labels int64\[m\]/);
  });
});
