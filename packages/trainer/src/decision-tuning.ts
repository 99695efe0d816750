import { MmhsError, type LabelSet, type Prediction } from '@mmhs/core';
import { fitPlatt, tuneThresholds, type TunedThreshold } from '@mmhs/metrics';

import { calibrate, logitOf, type Decision, type LabelCalibration } from './decision.ts';

/** A decision tuned on labelled posts, and how well it does there. */
export interface TunedDecision extends Decision {
  /** Posts it was tuned on. */
  readonly posts: number;
  /** F1 of each label on posts that had no part in choosing its threshold (five-fold cross-validation). */
  readonly honestF1: readonly number[];
}

/**
 * Chooses each label's threshold for the best F1 and, if asked to, fits each label's calibration first. On few posts the best
 * threshold is often luck: a label keeps 0.5 unless thresholds do better on posts that had no part in choosing them. A label
 * that all or no posts have keeps its probabilities, and so does one whose probabilities are no better than chance.
 *
 * @param options.predictions answers with scores that are not calibrated
 * @throws MmhsError `MMHS_LABELLER_TUNING` for fewer than two posts, or answers without scores.
 */
export function tuneDecision(options: {
  readonly gold: readonly (readonly string[])[];
  readonly predictions: readonly Prediction[];
  readonly labelSet: LabelSet;
  readonly calibration: 'none' | 'platt';
}): TunedDecision {
  const { gold, predictions, labelSet } = options;
  if (gold.length < 2 || gold.length !== predictions.length) {
    throw new MmhsError('MMHS_LABELLER_TUNING', 'Thresholds cannot be tuned on these posts', {
      got: `${gold.length} posts and ${predictions.length} answers`, expected: 'at least 2, and an answer for each',
    });
  }
  const raw = predictions.map(scoresOf);
  const calibration = options.calibration === 'none' ? undefined : labelSet.map((label, index) =>
    fitLabel(gold.map((labels) => Number(labels.includes(label))), raw.map((scores) => scores[index] as number)));
  const scores = raw.map((each) => calibrate(each, calibration));
  const tuned = tuneThresholds({ gold: gold.map((labels) => labelSet.map((label) => Number(labels.includes(label)))), scores, labels: labelSet });
  return {
    calibration,
    thresholds: tuned.map(({ threshold, honest, label }: TunedThreshold, index) => {
      const plain = f1At(0.5, gold.map((labels) => labels.includes(label)), scores.map((each) => each[index] as number));
      return honest > plain ? threshold : 0.5;
    }),
    posts: gold.length,
    honestF1: tuned.map(({ honest }: TunedThreshold) => honest),
  };
}

function f1At(threshold: number, gold: readonly boolean[], scores: readonly number[]): number {
  const predicted = scores.map((score) => score >= threshold);
  const right = predicted.filter((yes, post) => yes && gold[post] === true).length;
  const claimed = predicted.filter(Boolean).length + gold.filter(Boolean).length;
  return claimed === 0 ? 0 : (2 * right) / claimed;
}

function fitLabel(gold: readonly number[], probabilities: readonly number[]): LabelCalibration {
  const positives = gold.reduce((sum, value) => sum + value, 0);
  if (positives === 0 || positives === gold.length) return { slope: 1, intercept: 0 };
  const { slope, intercept } = fitPlatt({ gold, scores: probabilities.map(logitOf) });
  // Where few posts say that likelier means less true, that is luck.
  return slope > 0 ? { slope, intercept } : { slope: 1, intercept: 0 };
}

function scoresOf({ id, scores }: Prediction): readonly number[] {
  if (scores !== undefined) return scores;
  throw new MmhsError('MMHS_LABELLER_TUNING', 'An answer has no scores to tune on', { where: id });
}
