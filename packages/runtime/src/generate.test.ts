import type { EncodedPost, FloatTensor, ModelGraph, Tensor, VlmModel } from '@mmhs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate, type Generation } from './generate.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import type { Session } from './session.ts';
import { integer, makeGraph, node, spec } from './__fixtures__/test-graphs.ts';

/**
 * A toy model whose next token is the sum of all tokens it sees plus its position. A wrong mask, position, cache or splice
 * changes every later token.
 */
const vocabulary = 200;
const endToken = 31;
const imageToken = 150;
const model = {
  hiddenSize: 1, vocabularySize: vocabulary, positionRows: 1, endTokenIds: [endToken], padTokenId: 100, imageTokenId: imageToken,
} as unknown as VlmModel;

const int64 = (...values: number[]): Tensor => ({ type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
const constants: Record<string, Tensor> = {
  column: int64(-1, 1), one: int64(1), two: int64(2), oneThree: int64(1, 3),
  candidates: { type: 'float32', shape: [1, vocabulary], data: Float32Array.from({ length: vocabulary }, (_, i) => i) },
};
const toFloat = [integer('to', 1)];

function toyGraph(phase: 'prefill' | 'step'): ModelGraph {
  const keys = phase === 'step' ? 'past + query' : 'query';
  const cache = (prefix: string, length: string) =>
    ['key', 'value'].map((kind) => spec(`${prefix}.0.${kind}`, ['batch', 1, length, 1]));
  const fresh = phase === 'prefill'
    ? [
        node('Reshape', ['ids', 'column'], ['flat']),
        node('Concat', ['flat', 'image_features'], ['table'], [integer('axis', 0)]),
        node('Gather', ['table', 'splice_rows'], ['embedded']),
        node('Unsqueeze', ['embedded', 'one'], ['present.0.key']),
      ]
    : [
        node('Unsqueeze', ['ids', 'oneThree'], ['fresh']),
        node('Concat', ['past.0.key', 'fresh'], ['present.0.key'], [integer('axis', 2)]),
        node('Add', ['past.0.key', 'past.0.value'], ['unused']),
      ];
  const images = [spec('image_features', ['image_rows', 1]), spec('splice_rows', ['batch', 'query'], 'int64')];
  return makeGraph({
    inputs: [
      spec('input_ids', ['batch', 'query'], 'int64'), spec('position_ids', [1, 'batch', 'query'], 'int64'),
      spec('query_order', ['batch', 'query'], 'int64'), spec('key_order', ['batch', keys], 'int64'),
      spec('last_rows', ['batch'], 'int64'), ...(phase === 'step' ? cache('past', 'past') : images),
    ],
    weights: Object.entries(constants).map(([name, { type, shape }]) => spec(name, shape, type)),
    outputs: [spec('logits', ['batch', vocabulary]), ...cache('present', keys)],
    nodes: [
      node('Cast', ['input_ids'], ['ids'], toFloat), ...fresh, node('Identity', ['present.0.key'], ['present.0.value']),
      node('Squeeze', ['present.0.key', 'one'], ['keys']),
      node('Unsqueeze', ['key_order', 'one'], ['key_orders']), node('Unsqueeze', ['query_order', 'two'], ['query_orders']),
      node('LessOrEqual', ['key_orders', 'query_orders'], ['visible']), node('Cast', ['visible'], ['mask'], toFloat),
      node('MatMul', ['mask', 'keys'], ['sums']), node('Reshape', ['sums', 'column'], ['sum_rows']),
      node('Cast', ['position_ids'], ['positions'], toFloat), node('Reshape', ['positions', 'column'], ['position_rows']),
      node('Add', ['sum_rows', 'position_rows'], ['rows']), node('Gather', ['rows', 'last_rows'], ['last']),
      node('Sub', ['last', 'candidates'], ['distance']), node('Mul', ['distance', 'distance'], ['square']),
      node('Neg', ['square'], ['logits']),
    ],
  });
}

function post(prompt: number[], options: { readonly target?: number[]; readonly bidirectional?: boolean } = {}): EncodedPost {
  const ids = [...prompt, ...(options.target ?? [])];
  const index = Int32Array.from(ids, (_, i) => i);
  return {
    inputIds: Int32Array.from(ids), promptLength: prompt.length, sharedPrefixLength: 0, positionIds: index,
    attentionOrder: options.bidirectional === true ? new Int32Array(ids.length) : index, truncatedTextTokens: 0,
  };
}

/** The toy model in plain arithmetic. */
function expectedIds(values: number[], maxNewTokens: number): number[] {
  const seen = [...values];
  const ids: number[] = [];
  while (ids.length < maxNewTokens && ids.at(-1) !== endToken) {
    const next = seen.reduce((sum, value) => sum + value, 0) + seen.length - 1;
    ids.push(Math.min(next, vocabulary - 1));
    seen.push(ids.at(-1) as number);
  }
  return ids;
}

let runtime: Runtime;
let prefill: Session;
let step: Session;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  const weights = await runtime.loadTensors({ tensors: constants });
  prefill = await runtime.createSession({ graph: toyGraph('prefill'), weights });
  step = await runtime.createSession({ graph: toyGraph('step'), weights });
});
afterAll(async () => runtime.close());

function ask(posts: EncodedPost[], imageFeatures: (FloatTensor | undefined)[], signal?: AbortSignal): Promise<Generation[]> {
  return generate({ prefill, step, model, posts, imageFeatures, maxNewTokens: 6, ...(signal === undefined ? {} : { signal }) });
}

const features: FloatTensor = { type: 'float32', shape: [2, 1], data: Float32Array.of(2, 3) };
const cases: [name: string, post: EncodedPost, features: FloatTensor | undefined, values: number[]][] = [
  ['a prompt that ends', post([1, 1]), undefined, [1, 1]],
  ['a longer prompt', post([0, 2, 0]), undefined, [0, 2, 0]],
  ['a picture', post([imageToken, 0, imageToken, 1]), features, [2, 0, 3, 1]],
  ['a prompt that sees itself in both directions', post([1, 0, 0, 1], { bidirectional: true }), undefined, [1, 0, 0, 1]],
  ['a post with its target', post([1, 1], { target: [90, 91] }), undefined, [1, 1]],
];

describe('generate', () => {
  it.each(cases)('continues %s', async (_, asked, images, values) => {
    const [answer] = await ask([asked], [images]);
    expect(answer?.ids).toEqual(expectedIds(values, 6));
    expect(answer?.ended).toBe(answer?.ids.at(-1) === endToken);
    // The logits of the toy are minus the squared distance to the best.
    expect(answer?.margins.every((margin) => margin >= 1)).toBe(true);
  });

  it('gives the same answers in a batch', async () => {
    const answers = await ask(cases.map(([, asked]) => asked), cases.map(([, , images]) => images));
    expect(answers.map(({ ids }) => ids)).toEqual(cases.map(([, , , values]) => expectedIds(values, 6)));
    expect(answers.map(({ ended }) => ended)).toContain(true);
    expect(answers.map(({ ended }) => ended)).toContain(false);
  });

  it('gives nothing for no posts', async () => {
    expect(await ask([], [])).toEqual([]);
  });

  it('refuses image features that do not fit, and an aborted signal', async () => {
    await expect(ask([post([imageToken])], [features])).rejects.toThrow(/posts\[0\]: .*1 image tokens.*2/);
    await expect(ask([post([1])], [])).rejects.toThrow(/one entry/);
    await expect(ask([post([1])], [undefined], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
