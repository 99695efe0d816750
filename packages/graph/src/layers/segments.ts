import type { Dimension } from '@mmhs/core';

import { multiplyDimensions } from '../dimension.ts';
import type { Graph, Value } from '../graph.ts';
import { add, cast, mul } from '../operators/elementwise.ts';
import { gatherRows } from '../operators/gather.ts';
import { reshape } from '../operators/shape.ts';
import { attend, attendGradients, type AttentionHeads } from './attention-core.ts';

/** How a tower's rows fall into segments, such as pictures, that attend to themselves only. */
export interface Segments {
  /** Rows `[rows, width]` as a block `[segments, length, width]`. */
  block(rows: Value): Value;
  /** A block as rows again; padding is left out. */
  rows(block: Value): Value;
  /** float32 `[segments, length]`: 1 for rows of the segment, 0 for padding. Absent where nothing is padded. */
  readonly mask?: Value;
}

/** Segments of `length` rows each, one after the other. */
export function equalSegments(length: number): Segments {
  return {
    block: (rows) => reshape(rows, [rows.graph.groupsOf(rows, length), length, rows.shape[1] ?? 0]),
    rows: flattenBlock,
  };
}

/**
 * Segments of any lengths, padded to the longest: inputs `segment_rows` int64 `[segments, length]`, the row numbers, where
 * padding repeats a row of the segment; `segment_mask` float32 `[segments, length]`, 1 for rows and 0 for padding; and
 * `segment_places` int64 `[rows]`, the place of each row in the flattened block.
 */
export function raggedSegments(graph: Graph, rows: Dimension): Segments {
  const numbers = graph.input('segment_rows', 'int64', ['segments', 'length']);
  const mask = graph.input('segment_mask', 'float32', ['segments', 'length']);
  const places = graph.input('segment_places', 'int64', [rows]);
  return {
    block: (values) => gatherRows(values, numbers),
    rows: (block) => gatherRows(flattenBlock(block), places),
    mask,
  };
}

/** Full attention inside segments: query, key and value `[rows, heads * d]`. */
export function attendSegments(query: Value, key: Value, value: Value, heads: AttentionHeads, segments: Segments): Value {
  const { graph } = query;
  if (!graph.isRecording) return attendForwardOnly([query, key, value], heads, segments);
  const { attended, output } = graph.withoutRecording(() => {
    const blocks = attend(segments.block(query), segments.block(key), segments.block(value), additiveMask(segments), heads);
    return { attended: blocks, output: segments.rows(blocks.output) };
  });
  graph.record({
    inputs: [query, key, value],
    outputs: [output],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      const by = attendGradients(attended, withoutPadding(segments.block(gradient), segments), heads);
      return [segments.rows(by.query), segments.rows(by.key), segments.rows(by.value)];
    },
  });
  return output;
}

/** The same as one operator of onnxruntime's, which has no gradient and, without padding, never writes scores to memory. */
function attendForwardOnly(projected: readonly Value[], heads: AttentionHeads, segments: Segments): Value {
  const blocks = projected.map((rows) => segments.block(rows));
  const { mask } = segments;
  const inputs = mask === undefined ? blocks : [...blocks, undefined, cast(mask, 'int32')];
  const attributes = { num_heads: heads.heads, scale: { float: heads.scale } };
  const [attended] = (blocks[0] as Value).graph.add('MultiHeadAttention', inputs, attributes, [
    { type: 'float32', shape: blocks[0]?.shape ?? [] },
  ], 'com.microsoft');
  return segments.rows(attended);
}

/** `[segments, 1, 1, length]`: 0 for rows, a large negative number for padding; shared by all layers. */
function additiveMask({ mask }: Segments): Value | undefined {
  if (mask === undefined) return undefined;
  const { graph, shape: [segments = 0, length = 0] } = mask;
  return graph.memoized('mask:segments', () =>
    mul(add(reshape(mask, [segments, 1, 1, length]), graph.scalar(-1)), graph.scalar(1e9)));
}

/** A block's gradient with zeros for padding, whose rows are copies of others. */
function withoutPadding(block: Value, { mask }: Segments): Value {
  return mask === undefined ? block : mul(block, reshape(mask, [...mask.shape, 1]));
}

function flattenBlock(block: Value): Value {
  const [segments = 0, length = 0, width = 0] = block.shape;
  return reshape(block, [multiplyDimensions(segments, length), width]);
}
