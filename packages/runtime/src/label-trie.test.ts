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

  it('refuses answers that cannot be told apart', () => {
    const same: AnswerLanguage = { labelSet: ['a', 'b'], encode: (labels) => [labels.length, endToken] };
    const root = createLabelTrie(same);
    expect(() => everyAnswer(root)).toThrow(/cannot be told apart/);
  });
});
