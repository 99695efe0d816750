import { MetricsError } from './errors.ts';
import { CountsBuilder } from './counts-builder.ts';
import { toMatrices, type LabelPairs, type MultilabelCounts } from './counts.ts';
import type { LabelMatrix, LabelRows } from './label-matrix.ts';
import { createRandom, type Random } from './random.ts';

/** A number computed from counts, such as `(counts) => f1Score({ ...counts, average: 'macro' })`. */
export type CountsMetric = (counts: MultilabelCounts) => number;

/** How to draw. */
export interface BootstrapOptions {
  readonly metric: CountsMetric;
  /** Number of resamples. @default 1000 */
  readonly resamples?: number;
  /** Share of resamples inside the interval. @default 0.95 */
  readonly confidence?: number;
  /** The same seed gives the same numbers. @default 0 */
  readonly seed?: number;
  /** Stops the work between resamples; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** A value with its percentile interval. */
export interface Interval {
  /** On the rows as they are. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The difference between two systems on the same rows. */
export interface PairedDifference extends Interval {
  /**
   * Two-sided: twice the smaller share of resamples on either side of zero, with one added to both counts, so never 0.
   */
  readonly pValue: number;
}

/**
 * Confidence interval of a metric by drawing rows with replacement (percentile bootstrap, Efron 1979).
 *
 * Resamples in which the metric is NaN are left out.
 *
 * @example
 * bootstrapInterval({ gold, predicted, metric: (counts) => f1Score({ ...counts, average: 'macro' }) });
 */
export function bootstrapInterval(options: Omit<LabelPairs, 'sampleWeight'> & BootstrapOptions): Interval {
  const { gold, predicted } = toMatrices(options);
  const { metric } = options;
  const values = resample(options, gold.rows, (weights) => metric(count(gold, predicted, weights)));
  return { value: metric(count(gold, predicted)), ...percentiles(values, options.confidence) };
}

/**
 * Tests whether system B differs from system A on the same posts: both are scored on the same resampled rows.
 *
 * @param options.predicted - Predictions of system A.
 * @param options.other - Predictions of system B.
 * @returns B minus A, its interval and p-value.
 */
export function pairedBootstrap(
  options: Omit<LabelPairs, 'sampleWeight'> & BootstrapOptions & { readonly other: LabelRows },
): PairedDifference {
  const { gold, predicted } = toMatrices(options);
  const { predicted: other } = toMatrices({ ...options, predicted: options.other });
  const difference = (weights?: Float64Array): number =>
    options.metric(count(gold, other, weights)) - options.metric(count(gold, predicted, weights));
  const values = resample(options, gold.rows, difference);
  const [below, above] = [values.filter((value) => value <= 0).length, values.filter((value) => value >= 0).length];
  const pValue = Math.min(1, (2 * (Math.min(below, above) + 1)) / (values.length + 1));
  return { value: difference(), ...percentiles(values, options.confidence), pValue };
}

function resample(options: BootstrapOptions, rows: number, statistic: (weights: Float64Array) => number): Float64Array {
  const { resamples = 1000, seed = 0, signal } = options;
  if (!(Number.isInteger(resamples) && resamples > 0)) {
    throw new MetricsError('MMHS_METRICS_OPTION', 'The number of resamples is not usable', {
      where: 'resamples',
      got: String(resamples),
      expected: 'a whole number above zero',
    });
  }
  const random = createRandom(seed);
  const values = new Float64Array(resamples);
  for (let index = 0; index < resamples; index += 1) {
    signal?.throwIfAborted();
    values[index] = statistic(drawWeights(rows, random));
  }
  return values.filter((value) => !Number.isNaN(value)).sort();
}

/** How often each row is drawn when as many rows are drawn as there are. */
function drawWeights(rows: number, random: Random): Float64Array {
  const weights = new Float64Array(rows);
  for (let draw = 0; draw < rows; draw += 1) weights[Math.floor(random() * rows)]! += 1;
  return weights;
}

function count(gold: LabelMatrix, predicted: LabelMatrix, weights?: Float64Array): MultilabelCounts {
  return new CountsBuilder(gold.columns).addRows(gold, predicted, weights).counts();
}

function percentiles(sorted: Float64Array, confidence = 0.95): { low: number; high: number } {
  if (!(confidence > 0 && confidence < 1)) {
    throw new MetricsError('MMHS_METRICS_OPTION', 'The confidence is not usable', {
      where: 'confidence',
      got: String(confidence),
      expected: 'a number between 0 and 1',
    });
  }
  return { low: quantile(sorted, (1 - confidence) / 2), high: quantile(sorted, (1 + confidence) / 2) };
}

/** Quantile with linear interpolation, as NumPy's default. */
function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return NaN;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (position - below);
}
