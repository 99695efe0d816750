import { divideDimension, formatShape, multiplyDimensions, type Shape } from '../dimension.ts';
import type { Value } from '../graph.ts';
import { add, mul, sub, tanh } from '../operators/elementwise.ts';
import { matmul, matmulRowsFirst } from '../operators/matmul.ts';
import { softmax } from '../operators/normalization.ts';
import { reduceSum } from '../operators/reduce.ts';
import { expand, reshape, transpose } from '../operators/shape.ts';

/** Sizes of an attention layer. Query head i uses key head floor(i * keyValueHeads / heads). */
export interface AttentionHeads {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  /** Factor on the scores, usually 1 / sqrt(headDimension). */
  readonly scale: number;
  /** Bounds the scores smoothly: c tanh(score / c), before the mask. Default unbounded. */
  readonly softCap?: number;
  /** How many tokens back a query sees, itself included; tokens of its own order it always sees. Default all. */
  readonly window?: number;
}

/** What the backward pass of {@link attend} needs of the forward pass. */
export interface Attended {
  /** `[batch, queries, heads * d]`. */
  readonly output: Value;
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly probabilities: Value;
  /** tanh(scores / softCap), where scores are capped. */
  readonly bend: Value | undefined;
  /** The output before its heads are joined, `[batch, kv, group * queries, d]`. */
  readonly grouped: Value;
}

/**
 * softmax(q k^T scale + mask) v with grouped heads: the query heads that share a key head lie in one matrix, so that keys
 * are never repeated.
 *
 * @param query `[batch, queries, heads * d]`; key and value `[batch, keys, kv * d]`; mask `[batch | 1, 1, queries, keys]`,
 * added to the scores.
 */
export function attend(query: Value, key: Value, value: Value, mask: Value | undefined, sizes: AttentionHeads): Attended {
  const groupedQuery = groupQueries(query, sizes);
  const keys = splitHeads(key, sizes);
  const values = splitHeads(value, sizes);
  return attendGrouped(groupedQuery, keys, values, mask, sizes);
}

/**
 * {@link attend} on operands that are split into heads already: query `[batch, kv, group * queries, d]`, key and value
 * `[batch, kv, keys, d]`; forward only, they may be `[keys, batch, kv, d]`.
 */
export function attendGrouped(
  query: Value, key: Value, value: Value, mask: Value | undefined, sizes: AttentionHeads, options: { readonly keysFirst?: boolean } = {},
): Attended {
  const multiply = options.keysFirst === true ? matmulRowsFirst : matmul;
  const { scores, bend } = scoreKeys(query, key, sizes, multiply);
  const [batch, , rows, keys] = scores.shape as [Value['shape'][0], unknown, Value['shape'][0], Value['shape'][0]];
  const queries = divideDimension(rows, sizes.heads / sizes.keyValueHeads);
  const perHead = [batch, sizes.heads, queries, keys];
  const masked = mask === undefined ? scores : add(scores, expandMask(mask, perHead, scores.shape));
  const probabilities = softmax(masked);
  const grouped = multiply(probabilities, value);
  return { output: joinQueries(grouped, sizes), query, key, value, probabilities, bend, grouped };
}

/** The mask once for all heads and layers, in the shape of the scores: onnxruntime adds equal shapes three times as fast. */
function expandMask(mask: Value, perHead: Shape, scores: Shape): Value {
  const { graph } = mask;
  return graph.memoized(`mask ${mask.name} ${formatShape(scores)}`, () => reshape(expand(mask, perHead), scores));
}

/** q k^T scale, capped where the layer says so (Bello et al. 2016, https://arxiv.org/abs/1611.09940). */
function scoreKeys(
  query: Value, key: Value, { scale, softCap }: AttentionHeads, multiply: typeof matmulRowsFirst,
): { readonly scores: Value; readonly bend: Value | undefined } {
  if (softCap === undefined) return { scores: multiply(query, key, { transposeB: true, scale }), bend: undefined };
  const bend = tanh(multiply(query, key, { transposeB: true, scale: scale / softCap }));
  return { scores: mul(bend, query.graph.scalar(softCap)), bend };
}

/** Gradients of {@link attend} by query, key and value, in the layouts it took them. */
export function attendGradients(
  attended: Attended, gradient: Value, sizes: AttentionHeads,
): { readonly query: Value; readonly key: Value; readonly value: Value } {
  const { query, key, value, probabilities, bend, grouped } = attended;
  const outer = groupQueries(gradient, sizes);
  const byProbabilities = matmul(outer, value, { transposeB: true });
  // sum_j P_ij dP_ij = dO_i . O_i (Dao et al. 2022, https://arxiv.org/abs/2205.14135): a sum over d, not over keys.
  const projection = reduceSum(mul(outer, grouped), [-1]);
  const byCapped = mul(probabilities, sub(byProbabilities, projection));
  // d/dz c tanh(z / c) = 1 - tanh(z / c)^2.
  const byScores = bend === undefined ? byCapped : mul(byCapped, sub(bend.graph.scalar(1), mul(bend, bend)));
  return {
    query: joinQueries(matmul(byScores, key, { scale: sizes.scale }), sizes),
    key: joinHeads(matmul(byScores, query, { transposeA: true, scale: sizes.scale })),
    value: joinHeads(matmul(probabilities, outer, { transposeA: true })),
  };
}

/** `[batch, queries, heads * d]` -> `[batch, kv, group * queries, d]`. */
export function groupQueries(query: Value, { heads, keyValueHeads, headDimension }: AttentionHeads): Value {
  const [batch = 0, queries = 0] = query.shape;
  const group = heads / keyValueHeads;
  const split = transpose(reshape(query, [batch, queries, heads, headDimension]), [0, 2, 1, 3]);
  return reshape(split, [batch, keyValueHeads, multiplyDimensions(group, queries), headDimension]);
}

/** The inverse of {@link groupQueries}. */
function joinQueries(grouped: Value, { heads, keyValueHeads, headDimension }: AttentionHeads): Value {
  const [batch = 0, , rows = 0] = grouped.shape;
  const queries = divideDimension(rows, heads / keyValueHeads);
  const split = transpose(reshape(grouped, [batch, heads, queries, headDimension]), [0, 2, 1, 3]);
  return reshape(split, [batch, queries, heads * headDimension]);
}

/** `[batch, keys, kv * d]` -> `[batch, kv, keys, d]`. */
export function splitHeads(x: Value, { keyValueHeads, headDimension }: AttentionHeads): Value {
  const [batch = 0, keys = 0] = x.shape;
  return transpose(reshape(x, [batch, keys, keyValueHeads, headDimension]), [0, 2, 1, 3]);
}

/** `[batch, kv, keys, d]` -> `[batch, keys, kv * d]`. */
function joinHeads(x: Value): Value {
  const [batch = 0, heads = 0, keys = 0, size = 0] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, keys, multiplyDimensions(heads, size)]);
}
