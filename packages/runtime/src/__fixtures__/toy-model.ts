import type { EncodedPost, ModelGraph, Tensor, VlmModel } from '@mmhs/core';
import type { CheckpointHandle } from '../checkpoint-handle.ts';
import { createDecoder, type Decoder } from '../decoding-session.ts';
import type { Runtime } from '../runtime.ts';
import { integer, integers, makeGraph, node, spec } from './test-graphs.ts';

/**
 * A toy model in plain arithmetic: what it says next depends on the sum of all tokens it sees plus its position, so that a
 * wrong mask, position, cache or splice changes everything after it.
 */
export const toyVocabulary = 200;
export const toyEndToken = 31;
export const toyImageToken = 150;

/** `nearest`: the likeliest token is that sum itself. `wavy`: logits are sines of sum and token, so that many tokens compete. */
export type ToyHead = 'nearest' | 'wavy';

const int64 = (...values: number[]): Tensor => ({ type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
const float = (values: number[], shape = [values.length]): Tensor => ({ type: 'float32', shape, data: Float32Array.from(values) });
const constants: Record<string, Tensor> = {
  column: int64(-1, 1), one: int64(1), two: int64(2), oneThree: int64(1, 3),
  candidates: float(Array.from({ length: toyVocabulary }, (_, i) => i), [1, toyVocabulary]),
  sumStep: float([0.7]), candidateStep: float([1.3]), height: float([3]),
};
const toFloat = [integer('to', 1)];

const heads: Record<ToyHead, ReturnType<typeof node>[]> = {
  nearest: [
    node('Sub', ['last', 'candidates'], ['distance']), node('Mul', ['distance', 'distance'], ['square']), node('Neg', ['square'], ['logits']),
  ],
  wavy: [
    node('Mul', ['last', 'sumStep'], ['phase']), node('Mul', ['candidates', 'candidateStep'], ['waves']),
    node('Add', ['phase', 'waves'], ['angle']), node('Sin', ['angle'], ['sine']), node('Mul', ['sine', 'height'], ['logits']),
  ],
};
const weightsOf: Record<ToyHead, string[]> = { nearest: ['candidates'], wavy: ['candidates', 'sumStep', 'candidateStep', 'height'] };

function toyGraph(head: ToyHead): ModelGraph {
  const cache = (prefix: string, length: string) => ['key', 'value'].map((kind) => spec(`${prefix}.0.${kind}`, [length, 'batch', 1, 1]));
  const used = ['column', 'one', 'two', 'oneThree', ...weightsOf[head]];
  const indexInputs = ['logit_rows', 'choice_rows', 'choice_tokens'] as const;
  return makeGraph({
    inputs: [
      spec('input_ids', ['batch', 'query'], 'int64'), spec('position_ids', [1, 'batch', 'query'], 'int64'),
      spec('image_features', ['image_rows', 1]), spec('splice_rows', ['batch', 'query'], 'int64'),
      spec('query_order', ['batch', 'query'], 'int64'),
      spec('key_order', ['batch', 'past + query'], 'int64'), spec('key_end', ['batch', 'past + query'], 'int64'),
      ...indexInputs.map((name) => spec(name, [name === 'logit_rows' ? name : 'choices'], 'int64')),
      ...cache('past', 'past'),
    ],
    weights: used.map((name) => spec(name, constants[name]!.shape, constants[name]!.type)),
    outputs: [spec('logits', ['logit_rows', toyVocabulary]), spec('choice_scores', ['choices']), ...cache('fresh', 'query')],
    nodes: [
      node('Cast', ['input_ids'], ['ids'], toFloat), node('Reshape', ['ids', 'column'], ['flat']),
      node('Concat', ['flat', 'image_features'], ['table'], [integer('axis', 0)]), node('Gather', ['table', 'splice_rows'], ['embedded']),
      node('Unsqueeze', ['embedded', 'one'], ['fresh']), node('Transpose', ['fresh'], ['fresh.0.key'], [integers('perm', 2, 0, 1, 3)]),
      node('Concat', ['past.0.key', 'fresh.0.key'], ['all'], [integer('axis', 0)]), node('Identity', ['fresh.0.key'], ['fresh.0.value']),
      node('Squeeze', ['all', 'two'], ['all_rows']), node('Transpose', ['all_rows'], ['keys'], [integers('perm', 1, 0, 2)]),
      node('Unsqueeze', ['key_order', 'one'], ['starts']), node('Unsqueeze', ['key_end', 'one'], ['ends']),
      node('Unsqueeze', ['query_order', 'two'], ['queries']),
      node('LessOrEqual', ['starts', 'queries'], ['begun']), node('Less', ['queries', 'ends'], ['open']),
      node('And', ['begun', 'open'], ['visible']), node('Cast', ['visible'], ['mask'], toFloat),
      node('MatMul', ['mask', 'keys'], ['sums']), node('Reshape', ['sums', 'column'], ['sum_rows']),
      node('Cast', ['position_ids'], ['positions'], toFloat), node('Reshape', ['positions', 'column'], ['position_rows']),
      node('Add', ['sum_rows', 'position_rows'], ['rows']), node('Gather', ['rows', 'logit_rows'], ['last']),
      ...heads[head],
      node('LogSoftmax', ['logits'], ['scores']),
      node('Unsqueeze', ['choice_rows', 'one'], ['row_column']), node('Unsqueeze', ['choice_tokens', 'one'], ['token_column']),
      node('Concat', ['row_column', 'token_column'], ['places'], [integer('axis', 1)]), node('GatherND', ['scores', 'places'], ['choice_scores']),
    ],
  });
}

/** Weights of the toy model. */
export function loadToyWeights(runtime: Runtime): Promise<CheckpointHandle> {
  return runtime.loadTensors({ tensors: constants });
}

/** A decoder of the toy model. */
export function createToyDecoder(options: {
  readonly runtime: Runtime;
  readonly weights: CheckpointHandle;
  readonly head: ToyHead;
  readonly sharedPrefix?: boolean;
}): Decoder {
  const { head, ...rest } = options;
  const model = {
    hiddenSize: 1, vocabularySize: toyVocabulary, decoderLayers: 1, keyValueHeads: 1, headDimension: 1, positionRows: 1,
    endTokenIds: [toyEndToken], padTokenId: 100, imageTokenId: toyImageToken, decodingGraph: () => toyGraph(head),
  } as unknown as VlmModel;
  return createDecoder({ ...rest, model, trainable: { adapters: new Map(), full: new Set() } });
}

/** Logits of the `wavy` head after tokens seen. */
export function wavyLogits(seen: readonly number[]): number[] {
  const sum = seen.reduce((total, value) => total + value, 0) + seen.length - 1;
  return Array.from({ length: toyVocabulary }, (_, token) => 3 * Math.sin(0.7 * sum + 1.3 * token));
}

/** A post of the toy model. */
export function toyPost(prompt: readonly number[], options: {
  readonly target?: readonly number[];
  readonly bidirectional?: boolean;
  readonly sharedPrefixLength?: number;
} = {}): EncodedPost {
  const ids = [...prompt, ...(options.target ?? [])];
  const index = Int32Array.from(ids, (_, i) => i);
  return {
    inputIds: Int32Array.from(ids), promptLength: prompt.length, sharedPrefixLength: options.sharedPrefixLength ?? 0, positionIds: index,
    attentionOrder: options.bidirectional === true ? new Int32Array(ids.length) : index, truncatedTextTokens: 0,
  };
}
