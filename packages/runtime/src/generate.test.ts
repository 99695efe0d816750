import type { EncodedPost, FloatTensor } from '@mmhs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from './decoding-session.ts';
import { generate, streamTokens, type GeneratedToken, type Generation } from './generate.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { createToyDecoder, loadToyWeights, toyEndToken, toyImageToken, toyPost, toyVocabulary, wavyLogits } from './__fixtures__/toy-model.ts';

/** The toy model with its `nearest` head in plain arithmetic. */
function expectedIds(values: readonly number[], maxNewTokens: number): number[] {
  const seen = [...values];
  const ids: number[] = [];
  while (ids.length < maxNewTokens && ids.at(-1) !== toyEndToken) {
    const next = seen.reduce((sum, value) => sum + value, 0) + seen.length - 1;
    ids.push(Math.min(next, toyVocabulary - 1));
    seen.push(ids.at(-1) as number);
  }
  return ids;
}

let runtime: Runtime;
let decoder: Decoder;
let wavy: Decoder;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  const weights = await loadToyWeights(runtime);
  decoder = createToyDecoder({ runtime, weights, head: 'nearest' });
  wavy = createToyDecoder({ runtime, weights, head: 'wavy' });
});
afterAll(async () => runtime.close());

function ask(posts: EncodedPost[], imageFeatures: (FloatTensor | undefined)[], signal?: AbortSignal): Promise<Generation[]> {
  return generate({ decoder, posts, imageFeatures, maxNewTokens: 6, signal });
}

const features: FloatTensor = { type: 'float32', shape: [2, 1], data: Float32Array.of(2, 3) };
const cases: [name: string, post: EncodedPost, features: FloatTensor | undefined, values: number[]][] = [
  ['a prompt that ends', toyPost([1, 1]), undefined, [1, 1]],
  ['a longer prompt', toyPost([0, 2, 0]), undefined, [0, 2, 0]],
  ['a picture', toyPost([toyImageToken, 0, toyImageToken, 1]), features, [2, 0, 3, 1]],
  ['a prompt that sees itself in both directions', toyPost([1, 0, 0, 1], { bidirectional: true }), undefined, [1, 0, 0, 1]],
  ['a post with its target', toyPost([1, 1], { target: [90, 91] }), undefined, [1, 1]],
];

describe('generate', () => {
  it.each(cases)('continues %s', async (_, asked, images, values) => {
    const [answer] = await ask([asked], [images]);
    expect(answer?.ids).toEqual(expectedIds(values, 6));
    expect(answer?.ended).toBe(answer?.ids.at(-1) === toyEndToken);
    // The logits of the toy are minus the squared distance to the best.
    expect(answer?.margins.every((margin) => margin >= 1)).toBe(true);
  });

  it('gives the same answers in a batch, from which finished posts are dropped', async () => {
    const answers = await ask(cases.map(([, asked]) => asked), cases.map(([, , images]) => images));
    expect(answers.map(({ ids }) => ids)).toEqual(cases.map(([, , , values]) => expectedIds(values, 6)));
    expect(answers.map(({ ended }) => ended)).toContain(true);
    expect(answers.map(({ ended }) => ended)).toContain(false);
  });

  it('computes shared instructions once, and gives the same answers', async () => {
    const prompts = [[1, 0, 2, 1], [1, 0, 0], [1, 0, toyImageToken, 0, toyImageToken]];
    const images = [undefined, undefined, features];
    const values = [[1, 0, 2, 1], [1, 0, 0], [1, 0, 2, 0, 3]];
    const shared = prompts.map((prompt) => toyPost(prompt, { sharedPrefixLength: 2 }));
    for (let round = 0; round < 2; round += 1) {
      expect((await ask(shared, images)).map(({ ids }) => ids)).toEqual(values.map((seen) => expectedIds(seen, 6)));
    }
    // Posts that only claim to share instructions are answered all the same.
    const liars = [toyPost([1, 0, 2, 1], { sharedPrefixLength: 2 }), toyPost([0, 2, 0], { sharedPrefixLength: 2 })];
    expect((await ask(liars, [undefined, undefined])).map(({ ids }) => ids)).toEqual([expectedIds([1, 0, 2, 1], 6), expectedIds([0, 2, 0], 6)]);
  });

  it('gives nothing for no posts, and for no tokens', async () => {
    expect(await ask([], [])).toEqual([]);
    const nothing = await generate({ decoder, posts: [toyPost([1])], imageFeatures: [undefined], maxNewTokens: 0 });
    expect(nothing).toEqual([{ ids: [], ended: false, margins: [] }]);
  });

  it('refuses image features that do not fit, and an aborted signal', async () => {
    await expect(ask([toyPost([toyImageToken])], [features])).rejects.toThrow(/posts\[0\]: .*1 image tokens.*2/);
    await expect(ask([toyPost([1])], [])).rejects.toThrow(/one entry/);
    await expect(ask([toyPost([1])], [undefined], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});

describe('sampling', () => {
  const sample = (posts: EncodedPost[], sampling: { temperature?: number; topP?: number; seed?: number }): Promise<Generation[]> =>
    generate({ decoder: wavy, posts, imageFeatures: posts.map(() => undefined), maxNewTokens: 5, sampling });

  it('draws the same for the same seed, whatever else is in the batch', async () => {
    const posts = [toyPost([1, 2]), toyPost([3, 4, 5])];
    const together = await sample(posts, { seed: 3 });
    expect((await sample([posts[1] as EncodedPost], { seed: 3 }))[0]?.ids).toEqual(together[1]?.ids);
    const answers = await Promise.all([1, 2, 3, 4].map((seed) => sample(posts, { seed })));
    expect(new Set(answers.map(([answer]) => answer?.ids.join())).size).toBeGreaterThan(1);
  });

  it('draws tokens as often as the softmax at its temperature says', async () => {
    const temperature = 0.8;
    const weights = wavyLogits([1, 2]).map((logit) => Math.exp(logit / temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const draws = 400;
    const answers = await Promise.all(Array.from({ length: draws }, (_, seed) =>
      generate({ decoder: wavy, posts: [toyPost([1, 2])], imageFeatures: [undefined], maxNewTokens: 1, sampling: { temperature, seed } })));
    const isLow = (id: number): boolean => id < toyVocabulary / 2;
    const share = answers.filter(([answer]) => isLow(answer?.ids[0] as number)).length / draws;
    const expected = weights.reduce((sum, weight, id) => sum + (isLow(id) ? weight : 0), 0) / total;
    // Three standard deviations of a share of 400 draws.
    expect(Math.abs(share - expected)).toBeLessThan(3 * 0.5 / Math.sqrt(draws));
  });

  it('with a small nucleus takes the likeliest token', async () => {
    const posts = [toyPost([1, 2]), toyPost([7])];
    const greedy = await generate({ decoder: wavy, posts, imageFeatures: [undefined, undefined], maxNewTokens: 5 });
    expect(await sample(posts, { topP: 1e-9, seed: 8 })).toEqual(greedy);
  });

  it.each([{ temperature: 0 }, { temperature: Number.NaN }, { topP: 0 }, { topP: 1.5 }])('refuses %j', async (sampling) => {
    await expect(sample([toyPost([1])], sampling)).rejects.toMatchObject({ code: 'MMHS_SAMPLING' });
  });
});

describe('streamTokens', () => {
  it('tells each token as it is chosen, and stops when the reader does', async () => {
    const seen: GeneratedToken[] = [];
    const posts = [toyPost([1, 1]), toyPost([0, 2, 0])];
    for await (const token of streamTokens({ decoder, posts, imageFeatures: [undefined, undefined], maxNewTokens: 6 })) {
      seen.push(token);
      if (seen.length === 3) break;
    }
    expect(seen.map(({ sample, id }) => [sample, id])).toEqual([
      [0, expectedIds([1, 1], 6)[0]], [1, expectedIds([0, 2, 0], 6)[0]], [0, expectedIds([1, 1], 6)[1]],
    ]);
  });

  it('ends with the signal\'s reason in the middle of an answer', async () => {
    const controller = new AbortController();
    const read = async (): Promise<void> => {
      const options = { decoder, posts: [toyPost([0, 2, 0])], imageFeatures: [undefined], maxNewTokens: 6, signal: controller.signal };
      for await (const { id } of streamTokens(options)) if (id > 0) controller.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrow('enough');
  });
});
