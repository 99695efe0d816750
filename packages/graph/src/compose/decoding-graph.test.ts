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
const decoding = composeDecodingGraph(defineTiny, { trainable });
const runOnce = interpretModel(decoding);
const weights = randomWeights(decoding);
const hidden = 2 ** 30 + 1;

/** What a run gives, and under `past.*` the cache after it: new keys and values behind those before. */
function run(feeds: Feeds): Record<string, Array64> {
  const outputs = runOnce(feeds);
  const cache = Object.entries(outputs).flatMap(([name, fresh]) => {
    if (!name.startsWith('fresh.')) return [];
    const before = feeds[name.replace('fresh.', 'past.')]!;
    return [[name.replace('fresh.', 'past.'), array64([before.shape[0]! + fresh.shape[0]!, ...fresh.shape.slice(1)], [...before.data, ...fresh.data])] as const];
  });
  return { ...outputs, ...Object.fromEntries(cache) };
}

/** Logits that predict token `length` of a sequence, by the training graph over the whole of it. */
function logitsAfter(ids: readonly number[]): number[] {
  const graph = composeTrainingGraph(defineTiny, { trainable, sharedPrefix: false, imageFeatures: 'none', gradients: false });
  const { logits } = interpretModel(graph)({ ...weights, ...packBatch({ posts: [{ ids: [...ids, 0], answer: 1 }] }) });
  return [...logits!.data];
}

/** What every run takes, for tokens without pictures whose keys have no end: a cache of `orders`, or an empty one. */
function feedsOf(options: {
  readonly ids: readonly (readonly number[])[];
  readonly places: readonly (readonly number[])[];
  readonly orders: readonly (readonly number[])[];
  readonly wanted: readonly number[];
  readonly before?: Readonly<Record<string, Array64>>;
}): Feeds {
  const { ids, places, orders, wanted, before } = options;
  const [batch, query, keys] = [ids.length, ids[0]!.length, orders[0]!.length];
  return {
    ...weights, ...(before === undefined ? emptyPast(batch) : past(before)),
    image_features: array64([0, 8], []),
    splice_rows: numbers(Array.from({ length: batch * query }, (_, row) => row), [batch, query]),
    input_ids: numbers(ids.flat(), [batch, query]),
    position_ids: numbers(places.flat(), [1, batch, query]),
    query_order: numbers(places.flat(), [batch, query]),
    key_order: numbers(orders.flat(), [batch, keys]),
    key_end: numbers(orders.flat().map(() => hidden), [batch, keys]),
    logit_rows: numbers(wanted),
    choice_rows: numbers([]),
    choice_tokens: numbers([]),
  };
}

/** Prompts padded on the right; the order hides the padding. */
function promptFeeds(prompts: readonly (readonly number[])[]): Feeds {
  const query = Math.max(...prompts.map((ids) => ids.length));
  const table = (element: (ids: readonly number[], column: number) => number): number[][] =>
    prompts.map((ids) => Array.from({ length: query }, (_, column) => element(ids, column)));
  return feedsOf({
    ids: table((ids, column) => ids[column] ?? 0),
    places: table((_, column) => column),
    orders: table((ids, column) => (column < ids.length ? column : hidden)),
    wanted: prompts.map((ids, row) => row * query + ids.length - 1),
  });
}

describe('decoding with a cache', () => {
  const prompts = [[1, 2, 3, 4, 5], [6, 7, 8]];
  const answers = [[9, 10, 1], [2, 3, 4]];

  it('gives, token by token, the logits of the whole sequence at once, whatever else is in the batch', () => {
    let outputs = run(promptFeeds(prompts));
    const orders = prompts.map((ids) => Array.from({ length: 5 }, (_, column) => (column < ids.length ? column : hidden)));
    for (let time = 0; ; time++) {
      prompts.forEach((ids, row) => {
        const expected = logitsAfter([...ids, ...answers[row]!.slice(0, time)]);
        expected.forEach((logit, token) => expect(outputs.logits!.data[row * 11 + token]).toBeCloseTo(logit, 10));
      });
      if (time === 3) break;
      const places = prompts.map((ids) => ids.length + time);
      orders.forEach((order, row) => order.push(places[row]!));
      outputs = run(feedsOf({
        ids: answers.map((answer) => [answer[time]!]), places: places.map((place) => [place]), orders, wanted: [0, 1], before: outputs,
      }));
    }
    expect(outputs['past.1.key']!.shape).toEqual([8, 2, 2, 2]);
  });

  it('puts pictures in the prompt', () => {
    const feeds = promptFeeds([[1, 2, 3]]);
    const features = uniform(seededRandom(1), [1, 8]);
    const without = run(feeds).logits!;
    const withPicture = run({ ...feeds, image_features: features, splice_rows: numbers([0, 3, 2], [1, 3]) }).logits!;
    expect([...withPicture.data]).not.toEqual([...without.data]);
    // The row that the picture replaces does not matter any more.
    const other = { ...feeds, input_ids: numbers([1, 9, 3], [1, 3]), image_features: features, splice_rows: numbers([0, 3, 2], [1, 3]) };
    expect(run(other).logits).toEqual(withPicture);
  });

  it('has the inputs and outputs of the contract', () => {
    const names = (specs: readonly { readonly name: string }[]): string[] => specs.map(({ name }) => name).sort();
    const cache = [0, 1].flatMap((layer) => ['key', 'value'].map((name) => `${layer}.${name}`));
    expect(names(decoding.inputs)).toEqual([
      'choice_rows', 'choice_tokens', 'image_features', 'input_ids', 'key_end', 'key_order', 'logit_rows',
      ...cache.map((name) => `past.${name}`), 'position_ids', 'query_order', 'splice_rows',
    ]);
    expect(names(decoding.outputs)).toEqual(['choice_scores', ...cache.map((name) => `fresh.${name}`), 'logits']);
    expect(decoding.outputs.find(({ name }) => name === 'fresh.0.key')!.shape).toEqual(['query', 'batch', 2, 2]);
    expect(names(decoding.parameters)).toEqual(['lora_A', 'lora_B'].map((name) => `layers.0.attention.q_proj.${name}.weight`));
  });
});

describe('scoring a tree of tokens', () => {
  /** Feeds for one sample: tokens at places of their own, seen until their ends, after a past of given orders. */
  function extendFeeds(options: {
    readonly past?: { readonly outputs: Readonly<Record<string, Array64>>; readonly orders: readonly number[] };
    readonly tokens: readonly { readonly id: number; readonly position: number; readonly order: number; readonly end?: number }[];
    readonly choices: readonly (readonly [row: number, token: number])[];
  }): Feeds {
    const { past: before, tokens, choices } = options;
    const places = tokens.map(({ order }) => order);
    const old = before?.orders ?? [];
    return {
      ...feedsOf({
        ids: [tokens.map(({ id }) => id)], places: [places], orders: [[...old, ...places]], wanted: tokens.map((_, row) => row),
        ...(before === undefined ? {} : { before: before.outputs }),
      }),
      position_ids: numbers(tokens.map(({ position }) => position), [1, 1, tokens.length]),
      key_end: numbers([...old.map(() => hidden), ...tokens.map(({ end }) => end ?? hidden)], [1, old.length + tokens.length]),
      choice_rows: numbers(choices.map(([row]) => row)),
      choice_tokens: numbers(choices.map(([, token]) => token)),
    };
  }
  const logSoftmax = (logits: readonly number[]): number[] => {
    const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    return logits.map((logit) => logit - sum);
  };
  const line = (ids: readonly number[], first = 0) => ids.map((id, index) => ({ id, position: first + index, order: first + index }));

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
    expect(after['past.0.key']!.shape).toEqual([7, 1, 2, 2]);
  });
});

function past(outputs: Readonly<Record<string, Array64>>): Feeds {
  return Object.fromEntries(Object.entries(outputs)
    .filter(([name]) => name.startsWith('past.')));
}

function emptyPast(batch: number): Feeds {
  return Object.fromEntries([0, 1].flatMap((layer) => ['key', 'value'].map((name) =>
    [`past.${layer}.${name}`, array64([0, batch, 2, 2], [])])));
}
