import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import type { PreparedPost } from './prepare-posts.ts';
import { writeAnswers } from './run-answers.ts';

it("writes scores under their labels' names, and none where there are none", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mmhs-answers-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const post = (id: string): PreparedPost =>
    ({ sample: { id, text: '', imagePath: undefined, labels: ['Pears'], source: id } }) as unknown as PreparedPost;
  const answer = { labels: ['Apples'], rawText: '["Apples"]', valid: true };
  const path = await writeAnswers({
    folder, split: 'test', labelSet: ['Apples', 'Pears'], posts: [post('a'), post('b')],
    predictions: [{ id: 'a', ...answer, scores: [0.75, 0.25], probability: 0.5 }, { id: 'b', ...answer }],
  });
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
  const said = { gold: ['Pears'], pred: ['Apples'], raw: '["Apples"]', valid: true };
  expect(lines).toEqual([{ id: 'a', ...said, scores: { Apples: 0.75, Pears: 0.25 }, probability: 0.5 }, { id: 'b', ...said }]);
});
