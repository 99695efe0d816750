import { MmhsError } from '@mmhs/core';
import { expect, it } from 'vitest';
import { fakeLabeller } from '../testing/fake-labeller.ts';
import { labelEach } from './label-each.ts';
import type { Post } from './post.ts';

const posts = ['a', 'b', 'c'].map((text): Post => ({ text, image: undefined, source: text }));
const failOn = (text: string, code: string) => fakeLabeller({
  work: (batch) => (batch.some((post) => post.text === text) ? Promise.reject(new MmhsError(code, 'no')) : Promise.resolve()),
});

it('lets an unusable post fail alone', async () => {
  const results = await labelEach({ labeller: failOn('b', 'MMHS_IMAGE_CORRUPT'), adapter: 'first', posts });
  expect(results.map((result) => ('answer' in result ? result.answer.rawText : result.error.code))).toEqual(['a', 'MMHS_IMAGE_CORRUPT', 'c']);
});

it('takes out posts that no prompt can be written for, and labels the others together', async () => {
  const batches: string[] = [];
  const labeller = fakeLabeller({ longestText: 2, work: async (batch) => void batches.push(batch.map(({ text }) => text).join(' ')) });
  const tooLong: Post = { text: 'abc', image: undefined, source: 'line 2' };
  const results = await labelEach({ labeller, adapter: 'first', posts: [...posts.slice(0, 1), tooLong, ...posts.slice(1), tooLong] });
  expect(results.map((result) => ('answer' in result ? result.answer.rawText : result.error.code)))
    .toEqual(['a', 'MMHS_PROMPT_TOO_LONG', 'b', 'c', 'MMHS_PROMPT_TOO_LONG']);
  expect(batches).toEqual(['a b c']);
});

it.each(['MMHS_RUNTIME_FAILED', 'MMHS_IMAGE_WORKER'])('takes %s for a failure of all', async (code) => {
  await expect(labelEach({ labeller: failOn('b', code), adapter: 'first', posts })).rejects.toMatchObject({ code });
});
