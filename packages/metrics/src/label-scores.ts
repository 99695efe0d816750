import {
  averageRatio,
  checkZeroDivision,
  ratioPerLabel,
  type Average,
  type Ratio,
  type ZeroDivision,
} from './averages.ts';
import { toCounts, type CountsSource } from './counts.ts';
import { MetricsError } from './errors.ts';

/** One number, or one for each label with average `none`. */
export type Averaged<Kind extends Average> = Kind extends 'none' ? number[] : number;

/** How to average, and what 0/0 is. */
export interface AverageOptions<Kind extends Average> {
  readonly average: Kind;
  /** The value of 0/0: 0, 1 or NaN. @default 0 */
  readonly zeroDivision?: ZeroDivision;
}

const precisionRatio: Ratio = (common, predicted) => [common, predicted];
const recallRatio: Ratio = (common, _predicted, gold) => [common, gold];
const jaccardRatio: Ratio = (common, predicted, gold) => [common, predicted + gold - common];

/** F-beta from counts, never from rounded precision and recall. */
function fbetaRatio(beta: number): Ratio {
  if (!(beta >= 0)) {
    throw new MetricsError('MMHS_METRICS_OPTION', 'Beta is not usable', {
      where: 'beta',
      got: String(beta),
      expected: 'zero or more, or Infinity',
    });
  }
  if (beta === Infinity) return recallRatio;
  if (beta === 0) return precisionRatio;
  const square = beta * beta;
  return (common, predicted, gold) => [(1 + square) * common, square * gold + predicted];
}

/**
 * Of the predicted labels, the share that is true: tp / (tp + fp).
 *
 * As scikit-learn's `precision_score`.
 *
 * @throws MetricsError `MMHS_METRICS_OPTION` for an unusable option; see {@link countLabels} for unusable labels.
 */
export function precisionScore<Kind extends Average>(source: CountsSource & AverageOptions<Kind>): Averaged<Kind> {
  return score(source, precisionRatio);
}

/** Of the true labels, the share that is predicted: tp / (tp + fn). As scikit-learn's `recall_score`. */
export function recallScore<Kind extends Average>(source: CountsSource & AverageOptions<Kind>): Averaged<Kind> {
  return score(source, recallRatio);
}

/**
 * Harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn). As scikit-learn's `f1_score`.
 *
 * It is 0/0 only for a label (or row) that is neither true nor predicted anywhere: a post without labels that was
 * given none counts as `zeroDivision` in the samples average.
 *
 * @example
 * f1Score({ gold: [['a'], []], predicted: [['a'], []], labels: ['a', 'b'], average: 'samples' }); // 0.5
 */
export function f1Score<Kind extends Average>(source: CountsSource & AverageOptions<Kind>): Averaged<Kind> {
  return score(source, fbetaRatio(1));
}

/** F-score that weighs recall `beta` times as much as precision. As scikit-learn's `fbeta_score`. */
export function fbetaScore<Kind extends Average>(
  source: CountsSource & AverageOptions<Kind> & { readonly beta: number },
): Averaged<Kind> {
  return score(source, fbetaRatio(source.beta));
}

/**
 * Intersection over union of the gold and predicted labels: tp / (tp + fp + fn). As scikit-learn's `jaccard_score`.
 *
 * Unlike there, zero division NaN is possible.
 */
export function jaccardScore<Kind extends Average>(source: CountsSource & AverageOptions<Kind>): Averaged<Kind> {
  return score(source, jaccardRatio);
}

function score<Kind extends Average>(source: CountsSource & AverageOptions<Kind>, ratio: Ratio): Averaged<Kind> {
  const { zeroDivision = 0 } = source;
  const average: Average = source.average;
  checkZeroDivision(zeroDivision);
  const counts = toCounts(source);
  const value =
    average === 'none' ? ratioPerLabel(counts, ratio, zeroDivision) : averageRatio(counts, ratio, average, zeroDivision);
  return value as Averaged<Kind>;
}
