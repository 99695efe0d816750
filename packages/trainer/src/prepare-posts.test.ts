import { MmhsError, type PostProcessor, type Sample } from '@mmhs/core';
import { fitTokens } from '@mmhs/prompts';
import { describe, expect, it } from 'vitest';

import { preparePosts } from './prepare-posts.ts';

const processor = {
  encodePost: ({ maxTokens }: { readonly maxTokens?: number }) => fitTokens({ tokens: [1, 2], reserved: 10, maxTokens }),
} as unknown as PostProcessor;
const sample: Sample = { id: '7', text: 'a post', imagePath: undefined, labels: [], source: 'train.csv:8' };
const prepare = (maxTokens: number) => preparePosts({
  samples: [sample], processor, prompt: { system: '', labelSet: ['calm'] }, maxTokens,
  images: { load: () => Promise.reject(new Error('there is no picture')) },
});

describe('a post that does not fit', () => {
  it('is named by its row, with the numbers', async () => {
    const error = await prepare(9).catch((reason: unknown) => reason);
    expect(MmhsError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'MMHS_PROMPT_TOO_LONG',
      details: { where: 'train.csv:8', got: '10 tokens before any text of the post', expected: 'at most 9' },
    });
  });

  it('is fine when only its text is too long', async () => {
    expect(await prepare(11)).toHaveLength(1);
  });

  it('is refused when its prompt is longer than allowed, tokens of the picture not counted', async () => {
    const encoding = { encodePost: () => ({ promptLength: 100 }) } as unknown as PostProcessor;
    const withPicture: Sample = { ...sample, imagePath: 'picture.png' };
    const prepareAll = (maxPromptTokens: number) => preparePosts({
      samples: [withPicture, sample], processor: encoding, prompt: { system: '', labelSet: ['calm'] }, maxPromptTokens,
      images: { load: async () => ({ key: 'k', processed: { tensors: {}, featureRows: 64, layout: undefined } }) },
    });
    expect(await prepareAll(100)).toHaveLength(2);
    await expect(prepareAll(99)).rejects.toMatchObject({
      code: 'MMHS_PROMPT_TOO_LONG', details: { where: 'train.csv:8', got: expect.stringContaining('100 tokens') as string, expected: 'at most 99' },
    });
    await expect(prepareAll(35)).rejects.toMatchObject({ details: { got: expect.stringContaining('36 tokens') as string } });
  });
});
