import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { array64, numbers, type Array64 } from '../../test/array64.ts';
import { expectGradients } from '../../test/gradient-check.ts';
import { evaluate, type Feeds } from '../../test/interpreter.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { Graph, type Value } from '../graph.ts';
import { attendSegments, equalSegments, raggedSegments } from './segments.ts';

const heads = { heads: 2, keyValueHeads: 2, headDimension: 2, scale: 0.7 };

/** The inputs of segments of these lengths, with extra columns of padding. */
function segmentFeeds(lengths: readonly number[], padding = 0): Feeds {
  const longest = Math.max(...lengths) + padding;
  const starts = lengths.map((_, segment) => lengths.slice(0, segment).reduce((sum, length) => sum + length, 0));
  const table = (element: (segment: number, column: number) => number): Array64 =>
    array64([lengths.length, longest], lengths.flatMap((_, segment) => Array.from({ length: longest }, (__, column) => element(segment, column))));
  return {
    segment_rows: table((segment, column) => starts[segment]! + Math.min(column, lengths[segment]! - 1)),
    segment_mask: table((segment, column) => Number(column < lengths[segment]!)),
    segment_places: numbers(lengths.flatMap((length, segment) => Array.from({ length }, (_, column) => segment * longest + column))),
  };
}

const inputs = (graph: Graph): [Value, Value, Value] =>
  [graph.input('q', 'float32', ['rows', 4]), graph.input('k', 'float32', ['rows', 4]), graph.input('v', 'float32', ['rows', 4])];
const ragged = (graph: Graph): Value => attendSegments(...inputs(graph), heads, raggedSegments(graph, 'rows'));

function randomRows(count: number, seed: number): Feeds {
  const random = seededRandom(seed);
  return Object.fromEntries(['q', 'k', 'v'].map((name) => [name, uniform(random, [count, 4], -2, 2)]));
}

const lengthLists = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
const total = (lengths: readonly number[]): number => lengths.reduce((sum, length) => sum + length, 0);

describe('attention in ragged segments', () => {
  it('has the gradients that central differences give', () => {
    fc.assert(fc.property(lengthLists, fc.nat(2), fc.integer(), (lengths, padding, seed) => {
      expectGradients({
        build: ragged,
        feeds: { ...segmentFeeds(lengths, padding), ...randomRows(total(lengths), seed) },
        fixed: ['segment_mask'],
        seed,
      });
    }), { seed: 70, numRuns: 12 });
  });

  it.each([['recorded', false], ['forward only', true]])('treats each segment as if it were alone, %s', (_, forwardOnly) => {
    const run = (feeds: Feeds): number[] => {
      const graph = new Graph();
      const output = forwardOnly ? graph.withoutRecording(() => ragged(graph)) : ragged(graph);
      return [...evaluate(graph, [output], feeds)[0]!.data];
    };
    fc.assert(fc.property(lengthLists, fc.nat(2), fc.integer(), (lengths, padding, seed) => {
      const rows = randomRows(total(lengths), seed);
      const together = run({ ...segmentFeeds(lengths, padding), ...rows });
      let start = 0;
      const alone = lengths.flatMap((length) => {
        const own = Object.entries(rows).map(([name, { data }]) => [name, array64([length, 4], data.slice(4 * start, 4 * (start + length)))]);
        start += length;
        return run({ ...segmentFeeds([length]), ...Object.fromEntries(own) as Feeds });
      });
      expect(together).toEqual(alone.map((element) => expect.closeTo(element, 12)));
    }), { seed: 71, numRuns: 12 });
  });

  it('is that in equal segments when all are equally long', () => {
    const graph = new Graph();
    const rows = [6, 4] as const;
    const values = ['q', 'k', 'v'].map((name) => graph.input(name, 'float32', rows)) as [Value, Value, Value];
    const outputs = [equalSegments(3), raggedSegments(graph, 6)].map((segments) => attendSegments(...values, heads, segments));
    const [equal, same] = evaluate(graph, outputs, { ...segmentFeeds([3, 3], 1), ...randomRows(6, 5) });
    expect([...same!.data]).toEqual([...equal!.data].map((element) => expect.closeTo(element, 12)));
  });
});
