import { multiplyDimensions } from '../dimension.ts';
import type { Value } from '../graph.ts';
import type { Module } from '../module.ts';
import { gatherRows } from '../operators/gather.ts';
import { concat, reshape } from '../operators/shape.ts';
import { frozenProduct } from './linear.ts';

/** Rows of an embedding table: ids int64 `[n]` -> `[n, width]`. */
export function embedding(
  module: Module, ids: Value, options: { readonly vocabularySize: number; readonly width: number },
): Value {
  return module.scope(() => gatherRows(module.weight('weight', [options.vocabularySize, options.width]), ids));
}

/** A head that shares the embedding's table: hidden `[n, width]` -> logits `[n, vocabulary]`. */
export function tiedHead(
  module: Module, hidden: Value, options: { readonly vocabularySize: number; readonly width: number },
): Value {
  return module.scope(() => frozenProduct(module, hidden, options.vocabularySize));
}

/** Puts image features in the places of image tokens: row i is row `spliceRows[i]` of [embeddings; features]. */
export function splice(embeddings: Value, features: Value, spliceRows: Value): Value {
  const joined = concat([embeddings, features], 0);
  const count = multiplyDimensions(...spliceRows.shape);
  const rows = gatherRows(joined, reshape(spliceRows, [count]));
  return embeddings.graph.relabel(rows, embeddings.shape);
}

