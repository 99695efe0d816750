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

it.each(['MMHS_RUNTIME_FAILED', 'MMHS_IMAGE_WORKER'])('takes %s for a failure of all', async (code) => {
  await expect(labelEach({ labeller: failOn('b', code), adapter: 'first', posts })).rejects.toMatchObject({ code });
});
