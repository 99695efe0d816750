import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Prediction } from '@mmhs/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readDecision, writeDecision } from './decision-file.ts';
import { tuneDecision } from './decision-tuning.ts';
import { calibrate, logitOf, plainDecision, reachedLabels } from './decision.ts';

const labelSet = ['rude', 'spam, "really"'];

/** Answers with the given scores. */
const answers = (scores: readonly (readonly number[])[]): Prediction[] =>
  scores.map((each, index) => ({ id: String(index), labels: [], rawText: '[]', valid: true, scores: each }));

describe('calibrate', () => {
  it('leaves probabilities alone without a calibration, and under slope 1 and intercept 0', () => {
    expect(calibrate([0, 0.3, 1], undefined)).toEqual([0, 0.3, 1]);
    const same = calibrate([0, 0.3, 1], Array.from({ length: 3 }, () => ({ slope: 1, intercept: 0 })));
    [0, 0.3, 1].forEach((probability, label) => expect(same[label]).toBeCloseTo(probability, 10));
  });

  it('keeps the order of posts under a positive slope', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(fc.property(probability, probability, fc.double({ min: 0.1, max: 5, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true }), (a, b, slope, intercept) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((each) => calibrate([each], [{ slope, intercept }])[0] as number);
      expect(low).toBeLessThanOrEqual(high as number);
    }), { seed: 3 });
  });
});

it('reachedLabels takes the labels whose scores reach their thresholds; Infinity is reached by none', () => {
  expect(reachedLabels([0.5, 0.49, 1], [0.5, 0.5, Infinity])).toEqual([0]);
  expect(logitOf(0.5)).toBe(0);
});

describe('tuneDecision', () => {
  // The first label's posts have scores from 0.2 on; the second label's none.
  const gold = [['rude'], ['rude'], [], [], ['rude'], [], [], ['rude']];
  const predictions = answers([[0.2, 0.1], [0.4, 0.2], [0.1, 0.1], [0.05, 0.3], [0.3, 0.1], [0.02, 0.1], [0.1, 0.1], [0.9, 0.1]]);

  it('finds the threshold that separates, between the scores, and leaves a label nobody has at 0.5', () => {
    const { thresholds, posts } = tuneDecision({ gold, predictions, labelSet, calibration: 'none' });
    expect(thresholds[0]).toBeCloseTo(0.15, 10);
    expect(thresholds[1]).toBe(0.5);
    expect(posts).toBe(8);
  });

  it('keeps 0.5 where another threshold would only fit these posts', () => {
    // At 0.5 one post of eight is wrong; any other threshold depends on single posts.
    const scores = [[0.6, 0], [0.7, 0], [0.2, 0], [0.1, 0], [0.9, 0], [0.3, 0], [0.05, 0], [0.15, 0]];
    const { thresholds } = tuneDecision({ gold, predictions: answers(scores), labelSet, calibration: 'none' });
    expect(thresholds[0]).toBe(0.5);
  });

  it('with calibration raises scores that were too low, and predicts the same posts', () => {
    const { thresholds, calibration } = tuneDecision({ gold, predictions, labelSet, calibration: 'platt' });
    expect(calibration?.[1]).toEqual({ slope: 1, intercept: 0 });
    const scores = predictions.map(({ scores: raw = [] }) => calibrate(raw, calibration)[0] as number);
    expect(scores[0]).toBeGreaterThan(0.2);
    expect(scores.map((score) => score >= (thresholds[0] as number))).toEqual(gold.map((labels) => labels.includes('rude')));
  });

  it('does not turn probabilities around that are worse than chance', () => {
    const backwards = gold.map((labels) => [labels.includes('rude') ? 0.1 : 0.8, 0.1]);
    expect(tuneDecision({ gold, predictions: answers(backwards), labelSet, calibration: 'platt' }).calibration?.[0]).toEqual({ slope: 1, intercept: 0 });
  });

  it('refuses fewer than two posts, and answers without scores', () => {
    const one = { gold: [[]], predictions: answers([[0.1, 0.1]]), labelSet, calibration: 'none' } as const;
    expect(() => tuneDecision(one)).toThrow(/cannot be tuned/);
    const bare = predictions.map(({ scores: _, ...rest }) => rest);
    expect(() => tuneDecision({ gold, predictions: bare, labelSet, calibration: 'none' })).toThrow(/no scores/);
  });
});

describe('decision.json', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmhs-decision-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('comes back as it was written, thresholds that nothing reaches included', async () => {
    const tuned = { thresholds: [0.25, Infinity], calibration: [{ slope: 2, intercept: -1 }, { slope: 1, intercept: 0 }], posts: 9, honestF1: [0.5, 0] };
    await writeDecision({ folder, labelSet, tuned });
    expect(await readDecision({ folder, labelSet })).toEqual({ thresholds: tuned.thresholds, calibration: tuned.calibration });
    await writeDecision({ folder, labelSet, tuned: { ...tuned, calibration: undefined } });
    expect(await readDecision({ folder, labelSet })).toEqual({ thresholds: tuned.thresholds });
  });

  it('is not needed', async () => {
    expect(await readDecision({ folder, labelSet })).toBeUndefined();
    expect(plainDecision(2)).toEqual({ thresholds: [0.5, 0.5] });
  });

  it.each([
    ['no JSON', '{', /MMHS|cannot be used/],
    ['another form', '{"version":1,"thresholds":[0.5]}', /cannot be used/],
    ['other labels', '{"version":1,"thresholds":{"rude":0.5,"kind":0.5}}', /kind/],
    ['a label missing', '{"version":1,"thresholds":{"rude":0.5}}', /cannot be used/],
  ])('is refused with %s', async (_, text, message) => {
    await writeFile(join(folder, 'decision.json'), text);
    await expect(readDecision({ folder, labelSet })).rejects.toThrow(message);
    await expect(readDecision({ folder, labelSet })).rejects.toMatchObject({ code: 'MMHS_LABELLER_DECISION' });
  });
});
