import type { EncodedPost } from '@mmhs/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeLabels } from './constrained.ts';
import type { Decoder } from './decoding-session.ts';
import { labelProbabilities } from './label-probabilities.ts';
import { createLabelTrie, type Answer, type AnswerLanguage } from './label-trie.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { scoreLabels, type ScoredAnswers } from './score-labels.ts';
import { createChanceDecoder, labelTokenLanguage, type LabelChance } from './__fixtures__/chance-decoder.ts';
import { createToyDecoder, loadToyWeights, toyEndToken, toyPost, wavyLogits } from './__fixtures__/toy-model.ts';

let runtime: Runtime;
let decoder: Decoder;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  decoder = createToyDecoder({ runtime, weights: await loadToyWeights(runtime), head: 'wavy' });
});
afterAll(async () => runtime.close());

/** Arrays of labels spelled as token lists: 1 opens, 2 separates, 3 closes; `[]` is a token of its own, as in real vocabularies. */
function languageOf(spellings: readonly (readonly number[])[]): AnswerLanguage {
  const labelSet = spellings.map((_, index) => `label ${index}`);
  return {
    labelSet,
    encode(labels) {
      const parts = labels.map((label) => spellings[labelSet.indexOf(label)] as readonly number[]);
      const body = parts.flatMap((part, index) => (index === 0 ? part : [2, 5, ...part]));
      return parts.length === 0 ? [4, toyEndToken] : [1, 5, ...body, 3, toyEndToken];
    },
  };
}

/** Spellings that share beginnings, of which none begins with another. */
const spellings = fc.uniqueArray(
  fc.array(fc.integer({ min: 10, max: 13 }), { minLength: 1, maxLength: 3 }),
  { minLength: 1, maxLength: 5, selector: (tokens) => tokens.join() },
).filter((all) => all.every((a) => all.every((b) => a === b || !b.join().startsWith(a.join()))));
const prompts = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 });

const logSoftmax = (logits: readonly number[]): number[] => {
  const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
  return logits.map((logit) => logit - sum);
};

/** An answer's log-probability in plain arithmetic. */
function expectedScore(prompt: readonly number[], tokens: readonly number[]): number {
  return tokens.reduce((sum, token, index) =>
    sum + (logSoftmax(wavyLogits([...prompt, ...tokens.slice(0, index)]))[token] as number), 0);
}

/** Token by token the likeliest of those that some answer goes on with. */
function expectedGreedy(prompt: readonly number[], answers: readonly (readonly number[])[]): number[] {
  const written: number[] = [];
  while (written.at(-1) !== toyEndToken) {
    const allowed = answers.filter((answer) => written.every((token, index) => answer[index] === token))
      .map((answer) => answer[written.length] as number).sort((a, b) => a - b);
    const logits = wavyLogits([...prompt, ...written]);
    written.push(allowed.reduce((best, token) => ((logits[token] as number) > (logits[best] as number) ? token : best)));
  }
  return written;
}

function allAnswers(language: AnswerLanguage): { readonly labels: number[]; readonly tokens: readonly number[] }[] {
  const count = language.labelSet.length;
  return Array.from({ length: 2 ** count }, (_, bits) => {
    const labels = [...Array(count).keys()].filter((label) => (bits >> label) % 2 === 1);
    return { labels, tokens: language.encode(labels.map((label) => language.labelSet[label] as string)) };
  });
}

const batchOf = (all: readonly (readonly number[])[], shared = 0): { posts: EncodedPost[]; imageFeatures: undefined[] } => ({
  posts: all.map((prompt) => toyPost(prompt, { sharedPrefixLength: shared })), imageFeatures: all.map(() => undefined),
});

describe('decodeLabels', () => {
  it('gives what greedy decoding among the arrays gives, in at most one pass more than labels', async () => {
    await fc.assert(fc.asyncProperty(spellings, prompts, async (spelled, all) => {
      const language = languageOf(spelled);
      const { answers, passes } = await decodeLabels({ decoder, trie: createLabelTrie(language), ...batchOf(all) });
      const every = allAnswers(language).map(({ tokens }) => tokens);
      expect(answers.map(({ tokens }) => tokens)).toEqual(all.map((prompt) => expectedGreedy(prompt, every)));
      for (const { labels, tokens } of answers) {
        expect(tokens).toEqual(language.encode(labels.map((label) => language.labelSet[label] as string)));
      }
      expect(passes).toBeLessThanOrEqual(Math.max(...answers.map(({ labels }) => labels.length)) + 1);
    }), { seed: 11, numRuns: 25 });
  });

  it('writes long answers of 22 labels, always valid, in at most 23 passes', async () => {
    const language = languageOf(Array.from({ length: 22 }, (_, index) => [10, 40 + index, 80 + 3 * index]));
    const all = Array.from({ length: 6 }, (_, index) => [index, 7, 3 * index]);
    const { answers, passes } = await decodeLabels({ decoder, trie: createLabelTrie(language), ...batchOf(all, 0) });
    for (const { labels, tokens } of answers) {
      expect(labels).toEqual([...new Set(labels)].sort((a, b) => a - b));
      expect(tokens).toEqual(language.encode(labels.map((label) => language.labelSet[label] as string)));
    }
    expect(Math.max(...answers.map(({ labels }) => labels.length))).toBeGreaterThan(1);
    expect(passes).toBeLessThanOrEqual(23);
  });

  it('gives nothing for no posts, and stops when told to', async () => {
    const trie = createLabelTrie(languageOf([[10], [11]]));
    expect(await decodeLabels({ decoder, trie, posts: [], imageFeatures: [] })).toEqual({ answers: [], passes: 0 });
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(decodeLabels({ decoder, trie, ...batchOf([[1]]), signal })).rejects.toThrow('stop');
  });
});

/** Scores by the answers' tokens. */
const bookOf = ({ answers, logProbabilities }: ScoredAnswers): Map<string, number> =>
  new Map(answers.map(({ tokens }: Answer, index) => [tokens.join(), logProbabilities[index] as number]));

describe('scoreLabels', () => {
  it('gives every array its exact log-probability, with shared instructions and without', async () => {
    await fc.assert(fc.asyncProperty(spellings, prompts, fc.boolean(), async (spelled, given, shared) => {
      const all = shared ? given.map((prompt) => [6, 7, ...prompt]) : given;
      const language = languageOf(spelled);
      const scored = await scoreLabels({
        decoder, trie: createLabelTrie(language), labelCount: spelled.length, ...batchOf(all, shared ? 2 : 0),
      });
      scored.forEach((each, index) => {
        const book = bookOf(each);
        expect(book.size).toBe(2 ** spelled.length);
        expect(each.missing).toBe(0);
        for (const { tokens } of allAnswers(language)) {
          expect(Math.abs((book.get(tokens.join()) as number) - expectedScore(all[index] as number[], tokens))).toBeLessThan(1e-4);
        }
      });
    }), { seed: 12, numRuns: 15 });
  });

  it('scores trees of more tokens than one run takes, in parts', async () => {
    const language = languageOf(Array.from({ length: 9 }, (_, index) => [10 + index]));
    const trie = createLabelTrie(language);
    const [scored] = await scoreLabels({ decoder, trie, labelCount: 9, ...batchOf([[3, 4]]) });
    const book = bookOf(scored as ScoredAnswers);
    expect(book.size).toBe(512);
    const every = allAnswers(language);
    for (const { tokens } of [every[0], every[255], every[300], every[511]].filter((each) => each !== undefined)) {
      expect(Math.abs((book.get(tokens.join()) as number) - expectedScore([3, 4], tokens))).toBeLessThan(1e-3);
    }
  });

  it('searches for the likeliest arrays where there are too many, and bounds what it missed', async () => {
    await fc.assert(fc.asyncProperty(spellings, prompts, async (spelled, all) => {
      const language = languageOf(spelled);
      const options = { decoder, trie: createLabelTrie(language), labelCount: spelled.length, ...batchOf(all) };
      const [exact] = await scoreLabels(options);
      const [whole] = await scoreLabels({ ...options, exactUpTo: 0, tolerance: 0 });
      const [part] = await scoreLabels({ ...options, exactUpTo: 0, beamWidth: 2, beamLimit: 4 });
      const marginalsOf = (scored: ScoredAnswers | undefined): Float64Array => labelProbabilities(scored as ScoredAnswers, spelled.length).marginals;
      expect(bookOf(whole as ScoredAnswers).size).toBe(2 ** spelled.length);
      marginalsOf(exact).forEach((value, label) => {
        expect(marginalsOf(whole)[label]).toBeCloseTo(value, 4);
        // A share of `missing` moves a probability by no more than itself.
        if ((part?.answers.length ?? 0) > 0) expect(Math.abs((marginalsOf(part)[label] as number) - value)).toBeLessThanOrEqual((part?.missing ?? 0) + 1e-4);
      });
    }), { seed: 13, numRuns: 12 });
  });
});

describe('with many labels', () => {
  const score = async (labelCount: number, chance: LabelChance, limits: object) => {
    const [scored] = await scoreLabels({
      decoder: createChanceDecoder(labelCount, chance), trie: createLabelTrie(labelTokenLanguage(labelCount)), labelCount,
      posts: [toyPost([1])], imageFeatures: [undefined], ...limits,
    });
    return { scored: scored as ScoredAnswers, ...labelProbabilities(scored as ScoredAnswers, labelCount) };
  };

  it('scores all arrays of 10 labels where the search finds no few likely ones', async () => {
    const { scored, marginals } = await score(10, (label) => 0.3 + label / 20, { searchFrom: 7 });
    expect(scored.answers).toHaveLength(1024);
    expect(scored).toMatchObject({ missing: 0, unfinished: [] });
    marginals.forEach((value, label) => expect(value).toBeCloseTo(0.3 + label / 20, 5));
  });

  it('ends the search without the others where the model is sure', async () => {
    const { scored, marginals } = await score(10, (label) => (label === 4 ? 1 - 1e-9 : 1e-9), { searchFrom: 7 });
    expect(scored.answers.length).toBeLessThan(10);
    expect(scored.missing).toBeLessThan(1e-6);
    expect(marginals[4]).toBeCloseTo(1, 6);
  });

  it.each([0.02, 0.3, 0.5, 0.9])('tells the marginals of 22 labels of probability %d, however few arrays it could look at', async (probability) => {
    const { scored, marginals, best, probabilityOf } = await score(22, () => probability, { beamLimit: 64 });
    marginals.forEach((value) => expect(value).toBeCloseTo(probability, 4));
    expect(scored.missing).toBeGreaterThan(0);
    expect(scored.missing).toBeLessThanOrEqual(1);
    if (probability !== 0.5) expect(best).toEqual(probability < 0.5 ? [] : [...Array(22).keys()]);
    expect(probabilityOf(best)).toBeLessThan(1);
  });

  it('is off by no more than it says is missing, where labels depend on each other', async () => {
    const chances = fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), { minLength: 81, maxLength: 81 });
    await fc.assert(fc.asyncProperty(chances, fc.integer({ min: 0, max: 40 }), async (table, beamLimit) => {
      const chance: LabelChance = (label, before) => table[9 * (before + 1) + label] as number;
      const exact = await score(8, chance, {});
      const searched = await score(8, chance, { exactUpTo: 0, beamLimit, beamWidth: 2 });
      expect(searched.missing).toBe(searched.scored.missing);
      searched.marginals.forEach((value, label) => {
        expect(value).toBeLessThanOrEqual(1);
        expect(Math.abs(value - (exact.marginals[label] as number))).toBeLessThanOrEqual(searched.missing + 1e-6);
      });
      for (const { labels } of searched.scored.answers) {
        expect(Math.abs(searched.probabilityOf(labels) - exact.probabilityOf(labels))).toBeLessThanOrEqual(searched.missing + 1e-6);
      }
    }), { seed: 14, numRuns: 12 });
  });
});

describe('labelProbabilities', () => {
  it('adds up answers with a label, and names the likeliest', () => {
    const answers = [[], [0], [0, 1]].map((labels): Answer => ({ labels, tokens: [] }));
    const { marginals, best, probabilityOf } = labelProbabilities({ answers, logProbabilities: Float64Array.of(-901, -900, -900 + Math.log(2)), unfinished: [], missing: 0 }, 2);
    const total = Math.exp(-1) + 3;
    expect(marginals[0]).toBeCloseTo(3 / total, 12);
    expect(marginals[1]).toBeCloseTo(2 / total, 12);
    expect(best).toEqual([0, 1]);
    expect(probabilityOf([0])).toBeCloseTo(1 / total, 12);
    expect(probabilityOf([1])).toBe(0);
  });
});
