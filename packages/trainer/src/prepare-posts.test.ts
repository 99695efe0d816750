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
});
