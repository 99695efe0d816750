import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPrompt } from '@mmhs/prompts';
import { createTokenizer } from '@mmhs/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyMerge, byteAlphabet, learnMerges, splitIntoPieces, toByteSymbols } from './byte-pair-encoding.ts';
import { colours, shapes } from './drawing.ts';
import { makeTokenizer } from './train-tokenizer.ts';
import { benignInventedWords, codeNames, labelNames, nouns, standInWords } from './vocabulary.ts';

const folder = join(import.meta.dirname, '../../data/demo/checkpoint');

describe('learnMerges', () => {
  it('merges the most frequent pair first, equally frequent ones in code unit order', () => {
    // low x5, lower x2, newest x6, widest x3: the example of the paper, whose first merges are e s, es t, l o.
    const pieces = Object.entries({ low: 5, lower: 2, newest: 6, widest: 3 }).map(([word, count]) => ({
      symbols: [...word],
      count,
    }));
    expect(learnMerges({ pieces, limit: 3 })).toEqual([
      ['e', 's'],
      ['es', 't'],
      ['l', 'o'],
    ]);
  });

  it('stops when nothing is left to merge, and merges overlapping pairs from the left', () => {
    expect(learnMerges({ pieces: [{ symbols: ['a', 'b'], count: 1 }], limit: 9 })).toEqual([['a', 'b']]);
    expect(applyMerge(['a', 'a', 'a'], ['a', 'a'])).toEqual(['aa', 'a']);
  });
});

describe('the byte alphabet', () => {
  it("is GPT-2's", () => {
    expect(new Set(byteAlphabet).size).toBe(256);
    expect(toByteSymbols(' \né\u00ad').join('')).toBe('ĠĊÃ©ÂŃ');
    expect(splitIntoPieces(`it's ["ab12",  c]`)).toEqual(['it', "'s", ' ["', 'ab', '1', '2', '",', ' ', ' c', ']']);
  });
});

describe('data/demo/checkpoint', () => {
  let tokenizer: ReturnType<typeof createTokenizer>;
  let files: { tokenizer: unknown; tokenizerConfig: unknown };

  beforeAll(async () => {
    const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), 'utf8'));
    files = { tokenizer: await read('tokenizer.json'), tokenizerConfig: await read('tokenizer_config.json') };
    tokenizer = createTokenizer(files);
  });

  it('holds the tokenizer that the script makes', () => {
    expect(makeTokenizer()).toEqual(files);
  });

  it('gives special tokens their SmolVLM names and the first their ids', () => {
    expect(['<|endoftext|>', '<|im_start|>', '<|im_end|>'].map((token) => tokenizer.specialId(token))).toEqual([0, 1, 2]);
    const last = ['<row_6_col_6>', '<fake_token_around_image>', '<image>', '<end_of_utterance>'];
    expect(last.map((token) => tokenizer.specialId(token))).toEqual([659, 660, 661, 665]);
  });

  it('writes every word that matters as the same single token in lists and in texts', () => {
    const words = [...labelNames, ...standInWords, ...benignInventedWords, ...nouns, ...codeNames, ...shapes, ...colours];
    const [space] = tokenizer.encode(' ');
    for (const word of words) {
      const ids = tokenizer.encode(word);
      expect(ids).toHaveLength(1);
      expect(tokenizer.encode(` ${word}`)).toEqual([space, ...ids]);
      expect(tokenizer.encode(`"${word}"`)[1]).toBe(ids[0]);
    }
  });

  it('keeps prompts short and any text intact', () => {
    expect(tokenizer.encode(buildPrompt({ labelSet: labelNames }).system).length).toBeLessThan(70);
    for (const text of ['we painted the brelo near the cake', 'Anything: 123 é 😀\n\t"x"', ' ["racist", "otherhate"]']) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });
});
