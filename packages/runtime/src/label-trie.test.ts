import { readFileSync } from 'node:fs';
import { defineLabelSet, type Tokenizer } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLabelTrie, type Answer, type AnswerLanguage, type TrieNode } from './label-trie.ts';
import { createTokenizer } from './tokenizer.ts';

const endToken = 1_000_000;

/** Arrays as Python's json.dumps writes them, after a blank as in SmolVLM's answers. */
function languageOf(tokenizer: Tokenizer, labels: readonly string[]): AnswerLanguage {
  const write = (chosen: readonly string[]): string => ` [${chosen.map((label) => JSON.stringify(label)).join(', ')}]`;
  return { labelSet: defineLabelSet(labels), encode: (chosen) => [...tokenizer.encode(write(chosen)), endToken] };
}

const tokenizers = ['nfc-split', 'digits', 'byte-fallback'].map((name) => {
  const { tokenizer, tokenizerConfig } = JSON.parse(
    readFileSync(new URL(`./__fixtures__/tokenizers/${name}.json`, import.meta.url), 'utf8')) as Record<string, unknown>;
  return [name, createTokenizer({ tokenizer, tokenizerConfig })] as const;
});

function everyAnswer(node: TrieNode): Answer[] {
  const children = node.children();
  if (children.length === 0) return node.only === undefined ? [] : [node.only];
  return children.flatMap(everyAnswer);
}

function allSubsets(count: number): number[][] {
  return Array.from({ length: 2 ** count }, (_, bits) => Array.from(Array(count).keys()).filter((label) => (bits >> label) % 2 === 1));
}

/** The trie of a few labels. */
const label = fc.oneof(
  fc.constantFrom('racist', 'sexist', 'a, b', 'say "so"', '\u{1F600}', 'hate/speech', 'h', 'ha', 'hate', ']', '", "', 'emoji \u{1F1E9}\u{1F1EA} flag', 'línea\nnueva'),
  fc.string({ minLength: 1, maxLength: 6 }).filter((text) => text.trim() === text),
);

describe.each(tokenizers)('the trie of %s', (_, tokenizer) => {
  it('holds every canonical array once, as a whole array\'s tokens, and nothing else', () => {
    fc.assert(fc.property(fc.uniqueArray(label, { minLength: 1, maxLength: 5 }), (labels) => {
      const language = languageOf(tokenizer, labels);
      const answers = everyAnswer(createLabelTrie(language));
      const expected = allSubsets(labels.length).map((subset) => ({
        labels: subset, tokens: language.encode(subset.map((index) => labels[index] as string)),
      }));
      const sorted = (list: readonly Answer[]): string[] => list.map((answer) => JSON.stringify([answer.labels, answer.tokens])).sort();
      expect(sorted(answers)).toEqual(sorted(expected));
    }), { seed: 5, numRuns: 25 });
  });

  it('is the same where large label sets are tokenised as needed', () => {
    // Nine labels are above the limit; all 512 answers are compared.
    fc.assert(fc.property(fc.uniqueArray(label, { minLength: 9, maxLength: 9 }), (labels) => {
      const language = languageOf(tokenizer, labels);
      const answers = everyAnswer(createLabelTrie(language));
      const found = answers.map(({ tokens }) => tokens.join()).sort();
      const expected = allSubsets(9).map((subset) => language.encode(subset.map((index) => labels[index] as string)).join()).sort();
      expect(found).toEqual(expected);
    }), { seed: 6, numRuns: 4 });
  });
});

/** Names that somebody may give to labels, each set with its own trap. */
const strangeSets: Readonly<Record<string, readonly string[]>> = {
  'labels that begin with others': ['a', 'aa', 'aaa', 'aaaa', 'ab'],
  'labels that look like several': ['racist', 'sexist', 'racist", "sexist', 'racist, sexist', '["racist"]'],
  'punctuation of arrays': [']', '[', '[]', '"]', '", "', '","', ','],
  'escapes': ['"', '\\', '\\"', '\\n', 'a\nb', 'a\tb', '\u0001', 'x\u2028x'],
  'joined emoji': ['👨‍👩‍👧', '👨', '👨‍👩', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🏳️', '🏳'],
  'right-to-left text': ['שנאה', 'שנא', 'كراهية', '\u202Eabc\u202C', 'abc'],
  'one label': ['x'],
  'labels that differ in case or width': ['Hate', 'hate', 'HATE', 'ｈａｔｅ', 'ﬁ', 'fi'],
  'long labels': ['x'.repeat(500), 'x'.repeat(499), `${'x'.repeat(499)}y`, `${'hate '.repeat(99)}y`],
  'blanks inside': ['a b', 'a  b', 'a   b', 'a\u00A0b', 'a\u200Bb', 'ab'],
  'names of special tokens': ['<|im_end|>', '<eos>', '<end_of_utterance>', '<image>', '<|image_pad|>', '<0x0A>'],
  'numbers': ['1', '12', '123', '1, 2', '0.5', '-1'],
};

describe.each(tokenizers)('the trie of %s', (_, tokenizer) => {
  it.each(Object.keys(strangeSets))('holds all arrays of %s', (name) => {
    const labels = strangeSets[name] as readonly string[];
    const language = languageOf(tokenizer, labels);
    const found = everyAnswer(createLabelTrie(language)).map(({ labels: held, tokens }) => `${held.join()}: ${tokens.join()}`).sort();
    const expected = allSubsets(labels.length)
      .map((subset) => `${subset.join()}: ${language.encode(subset.map((index) => labels[index] as string)).join()}`).sort();
    expect(found).toEqual(expected);
  });
});

describe('createLabelTrie', () => {
  const [, tokenizer] = tokenizers[1] as (typeof tokenizers)[number];

  it('walks to one of four million answers without looking at the others', () => {
    const labels = Array.from({ length: 22 }, (_, index) => `kind ${index}, "with" / marks`);
    let encoded = 0;
    const language = languageOf(tokenizer, labels);
    const counting: AnswerLanguage = { ...language, encode: (chosen) => { encoded += 1; return language.encode(chosen); } };
    const wanted = language.encode(['kind 3, "with" / marks', 'kind 9, "with" / marks', 'kind 21, "with" / marks']);
    let node: TrieNode = createLabelTrie(counting);
    for (const token of wanted) node = node.children().find((child) => child.token === token) as TrieNode;
    expect(node.only?.labels).toEqual([3, 9, 21]);
    expect(node.only?.tokens).toEqual(wanted);
    expect(encoded).toBeLessThan(1000);
  });

  it('says which tokens settle a label or the end', () => {
    const root = createLabelTrie(languageOf(tokenizer, ['racist', 'sexist']));
    const settling = (text: string): number => {
      let node = root;
      return [...tokenizer.encode(text), endToken].filter((token) => {
        const onlyBefore = node.only !== undefined;
        node = node.children().find((child) => child.token === token) as TrieNode;
        return node.settles && !onlyBefore;
      }).length;
    };
    expect(settling(' []')).toBe(1);
    expect(settling(' ["racist"]')).toBe(2);
    // After the last label the end is the only way on.
    expect(settling(' ["sexist"]')).toBe(1);
    expect(settling(' ["racist", "sexist"]')).toBe(2);
  });

  it('refuses labels that the tokenizer makes equal, at once and by name', () => {
    const [, normalizing] = tokenizers[0] as (typeof tokenizers)[number];
    const labels = ['hate', '\u00E9', ...Array.from({ length: 9 }, (_, index) => `kind ${index}`), 'e\u0301'];
    expect(() => createLabelTrie(languageOf(normalizing, labels))).toThrow(/got \["\\u00e9"\] and \["e\\u0301"\].*rename one of them/);
    expect(() => createLabelTrie(languageOf(tokenizer, labels))).not.toThrow();
  });

  it('refuses an answer that begins with another', () => {
    const open: AnswerLanguage = { labelSet: ['a'], encode: (labels) => labels.map(() => 1) };
    const root = createLabelTrie(open);
    expect(() => everyAnswer(root)).toThrow(/cannot be told apart/);
  });
});
