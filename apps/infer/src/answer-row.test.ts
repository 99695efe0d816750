import { expect, it } from 'vitest';
import { toRow } from './answer-row.ts';
import { answerSchema } from './request/post-schema.ts';

const facts = { name: 'mine', version: '0df4f80e4316' };
const answer = { labels: ['rude'], scores: { rude: 0.75, spam: 0.125 }, rawText: '["rude"]', valid: true };
const written = (missing?: number): unknown => JSON.parse(JSON.stringify(toRow({ ...answer, missing }, facts)));

it('an answer tells what was not looked at, and says nothing where nothing was missed', () => {
  expect(written(0.25)).toMatchObject({ scores: answer.scores, missing: 0.25 });
  expect(written()).not.toHaveProperty('missing');
});

it('an answer in JSON has the form that the OpenAPI description promises', () => {
  for (const row of [written(), written(0.25)]) expect(answerSchema.strict().parse(row)).toEqual(row);
});
