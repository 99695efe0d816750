import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPrompt } from '@mmhs/prompts';
import { createTokenizer } from '@mmhs/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyMerge, byteAlphabet, learnMerges, splitIntoPieces, toByteSymbols } from './byte-pair-encoding.ts';
import { colours, shapes } from './drawing.ts';
import { demoModels } from './models/index.ts';
import { makeTokenizer } from './train-tokenizer.ts';
import { benignInventedWords, codeNames, labelNames, nouns, standInWords } from './vocabulary.ts';

const folder = join(import.meta.dirname, '../../data/demo');

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

describe.each(demoModels.map((demo) => [demo.folder, demo] as const))('data/demo/%s', (_, demo) => {
  let tokenizer: ReturnType<typeof createTokenizer>;
  let files: { tokenizer: unknown; tokenizerConfig: unknown };

  beforeAll(async () => {
    const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, demo.folder, name), 'utf8'));
    files = { tokenizer: await read('tokenizer.json'), tokenizerConfig: await read('tokenizer_config.json') };
    tokenizer = createTokenizer(files);
  });

  it('holds the tokenizer that the script makes', () => {
    expect(makeTokenizer(demo.tokenizer)).toEqual(files);
  });

  it('cuts texts where its pattern does', () => {
    for (const text of ['we painted the brelo near the cake', ' ["racist", "otherhate"]\n  Say 12 things', "it's I'LL (so)"]) {
      const pieces = demo.tokenizer.splitIntoPieces(text);
      expect(pieces.join('')).toBe(text);
      expect(pieces.flatMap((piece) => tokenizer.encode(piece))).toEqual(tokenizer.encode(text));
    }
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

describe('special tokens', () => {
  const idsOf = async (checkpoint: string, tokens: readonly string[]): Promise<number[]> => {
    const tokenizer = createTokenizer({ tokenizer: JSON.parse(await readFile(join(folder, checkpoint, 'tokenizer.json'), 'utf8')) as unknown });
    return tokens.map((token) => tokenizer.specialId(token));
  };

  it("of SmolVLM have their names, and the first their ids", async () => {
    expect(await idsOf('checkpoint', ['<|endoftext|>', '<|im_start|>', '<|im_end|>'])).toEqual([0, 1, 2]);
    const last = ['<row_6_col_6>', '<fake_token_around_image>', '<image>', '<end_of_utterance>'];
    expect(await idsOf('checkpoint', last)).toEqual([659, 660, 661, 665]);
  });

  it('of Qwen2-VL come last, in its order', async () => {
    const [first, ...rest] = await idsOf('checkpoint-qwen', ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|image_pad|>', '<|video_pad|>']);
    expect(rest.map((id) => id - first!)).toEqual([1, 2, 12, 13]);
  });

  it('of PaliGemma come first, but for the picture', async () => {
    expect(await idsOf('checkpoint-paligemma', ['<pad>', '<eos>', '<bos>', '<unk>'])).toEqual([0, 1, 2, 3]);
    const config = JSON.parse(await readFile(join(folder, 'checkpoint-paligemma/config.json'), 'utf8')) as { image_token_index: number };
    expect(await idsOf('checkpoint-paligemma', ['<image>'])).toEqual([config.image_token_index]);
  });
});
