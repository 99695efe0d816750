import { expect, it } from 'vitest';
import { describeAnswer } from './describe-answer.ts';

const answer = { labels: ['rude'], scores: { rude: 0.75, spam: 0.125 }, rawText: '["rude"]', valid: true };
const labels = ['rude', 'spam'];

it('shows each label beside its threshold', () => {
  expect(describeAnswer(answer, { labels, thresholds: { rude: 0.5, spam: null } })).toBe(
    '["rude"]\n* rude  0.750  threshold 0.500\n  spam  0.125  threshold never\n',
  );
});

it('says how far off estimates may be, never too little', () => {
  expect(describeAnswer({ ...answer, missing: 0.0312 }, { labels, thresholds: null })).toMatch(/\n {2}Estimates, off by at most 0\.032: .*--exact_up_to/);
  expect(describeAnswer(answer, { labels, thresholds: null })).not.toMatch(/Estimates/);
});

it('shows labels alone where there are no scores', () => {
  expect(describeAnswer({ ...answer, scores: null }, { labels, thresholds: null })).toBe('["rude"]\n');
});
