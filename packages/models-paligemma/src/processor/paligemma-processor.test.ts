import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { CheckpointFiles, EncodedPost, MmhsError, PostProcessor, ProcessedImage } from '@mmhs/core';
import { decodeImage } from '@mmhs/images';
import { buildPrompt } from '@mmhs/prompts';
import { createTokenizer } from '@mmhs/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parsePaligemmaConfig } from '../config.ts';
import { createPaligemmaProcessor } from './paligemma-processor.ts';
import { stripWhitespace } from './strip-whitespace.ts';

interface PromptCase {
  readonly case: string;
  readonly text: string;
  readonly classNames: readonly string[];
  readonly answer: string;
  readonly promptIds: readonly number[];
  readonly targetIds: readonly number[];
}
interface PictureCase {
  readonly image: string;
  /** Sum of the reference's normalised values in double precision. */
  readonly sum: number;
  /** Of the reference's pixels before normalisation, `[1, 3, 56, 56]`. */
  readonly sha256: string;
}

const fixture = (name: string): string => fileURLToPath(new URL(`__fixtures__/${name}`, import.meta.url));
const readJson = <Value>(name: string): Value => JSON.parse(readFileSync(fixture(name), 'utf8')) as Value;
const files: CheckpointFiles = {
  config: readJson('config.json'),
  generationConfig: readJson('generation_config.json'),
  preprocessorConfig: readJson('preprocessor_config.json'),
  processorConfig: undefined,
  tokenizer: readJson('tokenizer.json'),
  tokenizerConfig: undefined,
  chatTemplate: undefined,
};

function openProcessor(changes: Partial<CheckpointFiles> = {}): PostProcessor {
  const changed = { ...files, ...changes };
  return createPaligemmaProcessor({ files: changed, tokenizer: createTokenizer(changed), config: parsePaligemmaConfig(changed) });
}

const processor = openProcessor();
const picture: ProcessedImage = { tensors: {}, featureRows: 16, layout: undefined };
const prompt = buildPrompt({ labelSet: ['one', 'two'] });

function encode(text: string, options: { image?: ProcessedImage; target?: string; maxTokens?: number } = {}): EncodedPost {
  return processor.encodePost({ prompt, text, image: options.image, ...options });
}

function failure(run: () => unknown): MmhsError | undefined {
  try {
    run();
  } catch (error) {
    return error as MmhsError;
  }
  return undefined;
}

describe('prompts', () => {
  it.each(readJson<PromptCase[]>('prompts.json'))('have the tokens of the reference: $case', ({ text, classNames, answer, ...expected }) => {
    const encoded = processor.encodePost({ prompt: buildPrompt({ labelSet: classNames }), text, image: picture, target: answer });
    expect([...encoded.inputIds]).toEqual([...expected.promptIds, ...expected.targetIds]);
    expect(encoded.promptLength).toBe(expected.promptIds.length);
  });

  it('without a picture have no image tokens', () => {
    const ids = encode('some words').inputIds;
    expect(ids[0]).toBe(processor.tokenizer.specialId('<bos>'));
    expect([...ids]).toEqual([...encode('some words', { image: picture }).inputIds.subarray(16)]);
  });

  it('without a target are the beginning of prompts with one', () => {
    const [open, closed] = [encode('some words'), encode('some words', { target: '["one"]' })];
    expect(open.inputIds).toEqual(closed.inputIds.slice(0, closed.promptLength));
    expect(open.promptLength).toBe(open.inputIds.length);
    expect(closed.inputIds.at(-1)).toBe(processor.tokenizer.specialId('<eos>'));
  });

  it('see all of themselves; an answer sees them and what precedes it; positions count from 1', () => {
    const { promptLength, attentionOrder, positionIds, sharedPrefixLength } = encode('some words', { image: picture, target: '["one"]' });
    const sees = (query: number): number => attentionOrder.filter((order) => order <= attentionOrder[query]!).length;
    expect(attentionOrder.map((_, query) => sees(query))).toEqual(attentionOrder.map((_, query) => Math.max(promptLength, query + 1)));
    expect([...positionIds]).toEqual([...positionIds.keys()].map((index) => index + 1));
    expect(sharedPrefixLength).toBe(0);
  });

  it('that are too long lose tokens from the middle of the text and nothing else', () => {
    const long = 'first words and many more of them and then the last';
    const whole = encode(long, { image: picture, target: '["one"]' });
    const textTokens = processor.tokenizer.encode(long).length;
    fc.assert(fc.property(fc.integer({ min: 0, max: textTokens }), (removed) => {
      const maxTokens = whole.inputIds.length - removed;
      const { inputIds, truncatedTextTokens } = encode(long, { image: picture, target: '["one"]', maxTokens });
      expect([inputIds.length, truncatedTextTokens]).toEqual([maxTokens, removed]);
      const decoded = processor.tokenizer.decode([...inputIds]);
      expect(decoded).toContain(prompt.system);
      expect(decoded).toMatch(/\n\nUser:\n[^]*\n\nAssistant:\n\["one"\]$/);
      if (removed < textTokens - 10) expect(decoded).toMatch(/\nfirst [^]* last\n/);
    }), { seed: 1, numRuns: 20 });
    const error = failure(() => encode(long, { image: picture, maxTokens: 20 }));
    expect(error?.code).toBe('MMHS_PROMPT_TOO_LONG');
  });
});

describe('pictures', () => {
  it.each(readJson<PictureCase[]>('pictures.json'))('have the pixels of the reference: $image', async ({ image, sum, sha256 }) => {
    const { tensors, featureRows } = processor.processImage(await decodeImage({ path: fixture(`images/${image}`) }));
    const { shape, data } = tensors['pixel_values']!;
    expect([shape, featureRows]).toEqual([[1, 3, 56, 56], 16]);
    const values = [...data as Float32Array];
    expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 6);
    const levels = Uint8Array.from(values, (value) => Math.round((value * 0.5 + 0.5) * 255));
    expect(createHash('sha256').update(levels).digest('hex')).toBe(sha256);
  });

  it('are prepared alike with the settings inside processor_config.json, as newer versions write them', async () => {
    const image = await decodeImage({ path: fixture('images/photo_a.png') });
    const newer = openProcessor({ preprocessorConfig: undefined, processorConfig: { image_processor: files.preprocessorConfig } });
    expect(newer.processImage(image)).toEqual(processor.processImage(image));
  });
});

describe('files that do not fit together are refused, naming the field', () => {
  const preprocessor = files.preprocessorConfig as Record<string, unknown>;
  const config = files.config as Record<string, unknown>;
  it.each([
    ['another size of pictures', { preprocessorConfig: { ...preprocessor, size: { height: 56, width: 28 } } }, 'preprocessor_config.json: size.width'],
    ['another number of image tokens', { preprocessorConfig: { ...preprocessor, image_seq_length: 9 } }, 'preprocessor_config.json: image_seq_length'],
    ['pictures that are not resized', { preprocessorConfig: { ...preprocessor, do_resize: false } }, 'preprocessor_config.json: do_resize'],
    ['another image token', { config: { ...config, image_token_index: 5 } }, 'config.json: image_token_index'],
    ['another end of answers', { generationConfig: { eos_token_id: 7 } }, 'generation_config.json: eos_token_id'],
  ])('%s', (_, changes, where) => {
    expect(failure(() => openProcessor(changes))?.details.where).toBe(where);
  });
});

it("stripWhitespace knows Python's white space, and no other", () => {
  expect(stripWhitespace(' \t\n\u001c\u0085\u00a0\u2028a b\u3000\r')).toBe('a b');
  expect(stripWhitespace('\ufeffa\u200b')).toBe('\ufeffa\u200b');
  expect(stripWhitespace(' \n ')).toBe('');
});
