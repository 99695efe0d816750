import type { Value } from '../graph.ts';
import type { AttentionHeads } from './attention-core.ts';

/** Projected rows of one layer: query `[rows, heads * d]`, key and value `[rows, kv * d]`. */
export interface ProjectedRows {
  readonly layer: number;
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly heads: AttentionHeads;
}

/** Who attends to whom: packed training rows, or new tokens and a cache. Returns `[rows, heads * d]`. */
export interface AttentionPlan {
  attend(rows: ProjectedRows): Value;
  /**
   * Of the last layer's rows, once it has attended, those that the head needs: what follows need not be computed for the others.
   */
  wantedRows(rows: Value): Value;
}
