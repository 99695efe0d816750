import type { Dimension } from '@mmhs/core';

import { dimensionTerms } from './dimension.ts';
import type { Graph, Value } from './graph.ts';

const vector = { type: 'int64', shape: [1] } as const;

/**
 * The run-time size of one dimension: int64 `[1]`, read from a value that has it as an axis, or computed from its symbols.
 *
 * @param readable values whose axes can be read, by preference.
 * @throws MmhsError `MMHS_GRAPH_SHAPE` when no value has an axis of a symbol's name.
 */
export function runTimeSize(graph: Graph, dimension: Dimension, readable: readonly Value[]): Value {
  if (typeof dimension === 'number') return graph.integers([dimension]);
  return graph.memoized(`dimension:${dimension}`, () => readSize(graph, dimension, readable) ?? computeSize(graph, dimension, readable));
}

function computeSize(graph: Graph, dimension: string, readable: readonly Value[]): Value {
  const terms = dimensionTerms(dimension).map(({ coefficient, symbols }) => {
    const factors = symbols.map((symbol) => symbolSize(graph, symbol, readable));
    if (coefficient !== 1 || factors.length === 0) factors.push(graph.integers([coefficient]));
    return factors.reduce((product, factor) => graph.add('Mul', [product, factor], {}, [vector])[0]);
  });
  return terms.reduce((sum, term) => graph.add('Add', [sum, term], {}, [vector])[0]);
}

function symbolSize(graph: Graph, symbol: string, readable: readonly Value[]): Value {
  return graph.memoized(`dimension:${symbol}`, () =>
    readSize(graph, symbol, readable) ?? graph.shapeError('sizes', `no input has an axis named ${symbol}`));
}

function readSize(graph: Graph, dimension: string, readable: readonly Value[]): Value | undefined {
  for (const value of readable) {
    const axis = value.shape.indexOf(dimension);
    if (axis >= 0) return graph.add('Shape', [value], { start: axis, end: axis + 1 }, [vector])[0];
  }
  return undefined;
}
