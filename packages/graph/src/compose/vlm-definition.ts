import type { Graph, Value } from '../graph.ts';
import type { AttentionPlan } from '../layers/attention-plan.ts';

/**
 * A vision-language model as functions that add its parts to a graph. Rows are tokens, whatever batch they belong to.
 */
export interface VlmDefinition {
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  /** Rows of position ids: 1, or 3 for multi-modal rotary positions. */
  readonly positionRows: number;
  /** Whether tokens of a prompt see all of it, later ones included (prefix language models). Default false: the earlier ones only. */
  readonly seesWholePrompt?: boolean;
  /** Token embeddings: ids int64 `[rows]` -> `[rows, hidden]`. */
  embed(ids: Value): Value;
  /** Vision tower and projector, from inputs it declares itself: `[image_rows, hidden]`. */
  imageFeatures(graph: Graph): Value;
  /** Decoder layers and final norm: embeddings `[rows, hidden]`, positions int64 `[positionRows, rows]` -> `[wanted rows, hidden]`. */
  decode(embeddings: Value, positions: Value, attention: AttentionPlan): Value;
  /** Output head: `[rows, hidden]` -> logits `[rows, vocabulary]`. */
  head(hidden: Value): Value;
}
