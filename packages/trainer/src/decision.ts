/**
 * How labels follow from what the model says about a post:
 *
 * - `generate`: it writes freely, token by token the likeliest, and the text is parsed; the answer can be malformed;
 * - `constrained`: the same, but only tokens that lead to a JSON array of known labels compete;
 * - `array`: the likeliest of all label arrays;
 * - `marginals`: every label whose probability is 0.5 or more;
 * - `thresholds`: every label whose probability reaches the label's own threshold.
 */
export type DecisionRule = 'generate' | 'constrained' | 'array' | 'marginals' | 'thresholds';

/** All decision rules, for settings and messages. */
export const decisionRules: readonly DecisionRule[] = ['generate', 'constrained', 'array', 'marginals', 'thresholds'];

/** Platt scaling of one label: probability = 1 / (1 + exp(-(slope * logit + intercept))), the logit that of p(label | post). */
export interface LabelCalibration {
  readonly slope: number;
  readonly intercept: number;
}

/** What turns label probabilities into labels; all lists in the label set's order. */
export interface Decision {
  /** Score from which on a label counts under the rule `thresholds`; Infinity for never. */
  readonly thresholds: readonly number[];
  /** How probabilities are corrected before anything else; left out where they are taken as they are. */
  readonly calibration?: readonly LabelCalibration[] | undefined;
}

/** The decision for adapters that nothing was tuned for: 0.5 for every label. */
export function plainDecision(labelCount: number): Decision {
  return { thresholds: new Array<number>(labelCount).fill(0.5) };
}

/** Corrects p(label | post) of each label. */
export function calibrate(probabilities: ArrayLike<number>, calibration: Decision['calibration']): number[] {
  return Array.from(probabilities, (probability, label) => {
    const fit = calibration?.[label];
    return fit === undefined ? probability : 1 / (1 + Math.exp(-(fit.slope * logitOf(probability) + fit.intercept)));
  });
}

/** Logit of a probability, kept finite: a probability closer to 0 or 1 than 1e-12 counts as that far away. */
export function logitOf(probability: number): number {
  const inside = Math.min(Math.max(probability, 1e-12), 1 - 1e-12);
  return Math.log(inside / (1 - inside));
}

/** Places of the labels whose scores reach their thresholds. */
export function reachedLabels(scores: readonly number[], thresholds: readonly number[]): number[] {
  return scores.flatMap((score, label) => (score >= (thresholds[label] as number) ? [label] : []));
}

/** Whether a rule needs the probability of every label. */
export function needsScores(rule: DecisionRule): boolean {
  return rule === 'array' || rule === 'marginals' || rule === 'thresholds';
}
