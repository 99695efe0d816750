import type { TrainableTensors } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { array64, numbers, type Array64 } from '../../test/array64.ts';
import { interpretModel, randomWeights } from '../../test/interpret-model.ts';
import type { Feeds } from '../../test/interpreter.ts';
import { packBatch } from '../../test/packed-batch.ts';
import { seededRandom, uniform } from '../../test/random.ts';
import { defineTiny } from '../../test/tiny-model.ts';
import { composeDecodingGraph } from './decoding-graph.ts';
import { composeTrainingGraph } from './training-graph.ts';

const trainable: TrainableTensors = {
  adapters: new Map([['layers.0.attention.q_proj', { rank: 2, scaling: 1, dropout: 0 }]]),
  full: new Set(),
};
const prefill = composeDecodingGraph(defineTiny, { trainable, phase: 'prefill' });
const step = composeDecodingGraph(defineTiny, { trainable, phase: 'step' });
const extend = composeDecodingGraph(defineTiny, { trainable, phase: 'extend' });
const weights = randomWeights(prefill, step, extend);
const hidden = 2 ** 30 + 1;

/** Logits that predict token `length` of a sequence, by the training graph over the whole of it. */
function logitsAfter(ids: readonly number[]): number[] {
  const graph = composeTrainingGraph(defineTiny, { trainable, sharedPrefix: false, imageFeatures: 'none', gradients: false });
  const { logits } = interpretModel(graph)({ ...weights, ...packBatch({ posts: [{ ids: [...ids, 0], answer: 1 }] }) });
  return [...logits!.data];
}

const noPictures = (batch: number, query: number): Feeds => ({
  image_features: array64([0, 8], []),
  splice_rows: numbers(Array.from({ length: batch * query }, (_, row) => row), [batch, query]),
});

/** Prompts padded on the right; the order hides the padding. */
function prefillFeeds(prompts: readonly (readonly number[])[]): Feeds {
  const [batch, query] = [prompts.length, Math.max(...prompts.map((ids) => ids.length))];
  const table = (element: (ids: readonly number[], column: number) => number): number[] =>
    prompts.flatMap((ids) => Array.from({ length: query }, (_, column) => element(ids, column)));
  return {
    ...weights, ...noPictures(batch, query),
    input_ids: numbers(table((ids, column) => ids[column] ?? 0), [batch, query]),
    position_ids: numbers(table((_, column) => column), [1, batch, query]),
    query_order: numbers(table((_, column) => column), [batch, query]),
    key_order: numbers(table((ids, column) => (column < ids.length ? column : hidden)), [batch, query]),
    last_rows: numbers(prompts.map((ids, row) => row * query + ids.length - 1)),
  };
}

describe('decoding with a cache', () => {
  const prompts = [[1, 2, 3, 4, 5], [6, 7, 8]];
  const answers = [[9, 10, 1], [2, 3, 4]];

  it('gives, token by token, the logits of the whole sequence at once, whatever else is in the batch', () => {
    let outputs = interpretModel(prefill)(prefillFeeds(prompts));
    const run = interpretModel(step);
    const orders = prompts.map((ids) => Array.from({ length: 5 }, (_, column) => (column < ids.length ? column : hidden)));
    for (let time = 0; ; time++) {
      prompts.forEach((ids, row) => {
        const expected = logitsAfter([...ids, ...answers[row]!.slice(0, time)]);
        expected.forEach((logit, token) => expect(outputs.logits!.data[row * 11 + token]).toBeCloseTo(logit, 10));
      });
      if (time === 3) break;
      const places = prompts.map((ids) => ids.length + time);
      orders.forEach((order, row) => order.push(places[row]!));
      outputs = run({
        ...weights, ...past(outputs),
        input_ids: numbers(answers.map((answer) => answer[time]!), [2, 1]),
        position_ids: numbers(places, [1, 2, 1]),
        query_order: numbers(places, [2, 1]),
        key_order: numbers(orders.flat(), [2, orders[0]!.length]),
        last_rows: numbers([0, 1]),
      });
    }
    expect(outputs['present.1.key']!.shape).toEqual([2, 2, 8, 2]);
  });

  it('puts pictures in the prompt in the prefill', () => {
    const feeds = prefillFeeds([[1, 2, 3]]);
    const features = uniform(seededRandom(1), [1, 8]);
    const run = interpretModel(prefill);
    const without = run(feeds).logits!;
    const withPicture = run({ ...feeds, image_features: features, splice_rows: numbers([0, 3, 2], [1, 3]) }).logits!;
    expect([...withPicture.data]).not.toEqual([...without.data]);
    // The row that the picture replaces does not matter any more.
    const other = { ...feeds, input_ids: numbers([1, 9, 3], [1, 3]), image_features: features, splice_rows: numbers([0, 3, 2], [1, 3]) };
    expect(run(other).logits).toEqual(withPicture);
  });

  it('has the inputs and outputs of the contract', () => {
    const names = (specs: readonly { readonly name: string }[]): string[] => specs.map(({ name }) => name).sort();
    const always = ['input_ids', 'key_order', 'last_rows', 'position_ids', 'query_order'];
    const cache = [0, 1].flatMap((layer) => ['key', 'value'].map((name) => `${layer}.${name}`));
    expect(names(prefill.inputs)).toEqual([...always, 'image_features', 'splice_rows'].sort());
    expect(names(step.inputs)).toEqual([...always, ...cache.map((name) => `past.${name}`)].sort());
    expect(names(step.outputs)).toEqual(['logits', ...cache.map((name) => `present.${name}`)]);
    expect(step.outputs.find(({ name }) => name === 'present.0.key')!.shape).toEqual(['batch', 2, 'past + query', 2]);
    expect(names(step.parameters)).toEqual(names(prefill.parameters));
  });
});

describe('extending a cache', () => {
  /** Feeds for one sample: tokens at places of their own, seen until their ends, after a past of given orders. */
  function extendFeeds(options: {
    readonly past?: { readonly outputs: Readonly<Record<string, Array64>>; readonly orders: readonly number[] };
    readonly tokens: readonly { readonly id: number; readonly position: number; readonly order: number; readonly end?: number }[];
    readonly choices: readonly (readonly [row: number, token: number])[];
  }): Feeds {
    const { past: before, tokens, choices } = options;
    const length = tokens.length;
    const old = before?.orders ?? [];
    const none = Object.fromEntries([0, 1].flatMap((layer) => ['key', 'value'].map((name) =>
      [`past.${layer}.${name}`, array64([1, 2, 0, 2], [])])));
    return {
      ...weights, ...noPictures(1, length), ...(before === undefined ? none : past(before.outputs)),
      input_ids: numbers(tokens.map(({ id }) => id), [1, length]),
      position_ids: numbers(tokens.map(({ position }) => position), [1, 1, length]),
      query_order: numbers(tokens.map(({ order }) => order), [1, length]),
      key_order: numbers([...old, ...tokens.map(({ order }) => order)], [1, old.length + length]),
      key_end: numbers([...old.map(() => hidden), ...tokens.map(({ end }) => end ?? hidden)], [1, old.length + length]),
      logit_rows: numbers(tokens.map((_, row) => row)),
      choice_rows: numbers(choices.map(([row]) => row)),
      choice_tokens: numbers(choices.map(([, token]) => token)),
    };
  }
  const logSoftmax = (logits: readonly number[]): number[] => {
    const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    return logits.map((logit) => logit - sum);
  };
  const line = (ids: readonly number[], first = 0) => ids.map((id, index) => ({ id, position: first + index, order: first + index }));
  const run = interpretModel(extend);

  it('scores every branch of a tree as if it stood alone, with and without a past', () => {
    const prompt = [1, 2, 3];
    // 4 -> (5 -> 6, 7): depth-first numbers after the prompt's, positions by depth.
    const tree = [
      { id: 4, position: 3, order: 3, end: 7 }, { id: 5, position: 4, order: 4, end: 6 },
      { id: 6, position: 5, order: 5, end: 6 }, { id: 7, position: 4, order: 6, end: 7 },
    ];
    const paths = [[4], [4, 5], [4, 5, 6], [4, 7]];
    const first = run(extendFeeds({ tokens: line(prompt), choices: [[2, 4]] }));
    expect(first.choice_scores!.data[0]).toBeCloseTo(logSoftmax(logitsAfter(prompt))[4]!, 10);
    const choices = paths.flatMap((_, row) => [[row, 9], [row, 2]] as const);
    const after = run(extendFeeds({ past: { outputs: first, orders: [0, 1, 2] }, tokens: tree, choices }));
    const shifted = choices.map(([row, token]) => [row + 3, token] as const);
    const atOnce = run(extendFeeds({ tokens: [...line(prompt), ...tree], choices: shifted }));
    paths.forEach((path, row) => {
      const expected = logSoftmax(logitsAfter([...prompt, ...path]));
      for (const { choice_scores: scores } of [after, atOnce]) {
        expect(scores!.data[2 * row]).toBeCloseTo(expected[9]!, 10);
        expect(scores!.data[2 * row + 1]).toBeCloseTo(expected[2]!, 10);
      }
    });
    expect(after['present.0.key']!.shape).toEqual([1, 2, 7, 2]);
  });

  it('has the inputs of the contract', () => {
    const names = extend.inputs.map(({ name }) => name).filter((name) => !name.startsWith('past.')).sort();
    expect(names).toEqual([
      'choice_rows', 'choice_tokens', 'image_features', 'input_ids', 'key_end', 'key_order', 'logit_rows', 'position_ids',
      'query_order', 'splice_rows',
    ]);
  });
});

function past(outputs: Readonly<Record<string, Array64>>): Feeds {
  return Object.fromEntries(Object.entries(outputs)
    .filter(([name]) => name.startsWith('present.'))
    .map(([name, array]) => [name.replace('present.', 'past.'), array]));
}
