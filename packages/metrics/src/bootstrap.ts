import { MetricsError } from './errors.ts';
import { CountsBuilder } from './counts-builder.ts';
import { toMatrices, type LabelPairs, type MultilabelCounts } from './counts.ts';
import type { LabelMatrix, LabelRows } from './label-matrix.ts';
import { rankLabels, type RankedLabels } from './label-ranking.ts';
import { createRandom, type Random } from './random.ts';
import { toScored, type ScoreRows } from './score-matrix.ts';

/** A number computed from counts, such as `(counts) => f1Score({ ...counts, average: 'macro' })`. */
export type CountsMetric = (counts: MultilabelCounts) => number;

/**
 * Rows as drawn: their counts, and their labels, scores and weights (how often each was drawn), so that it can be given to metrics
 * of both kinds.
 */
export type Resample = MultilabelCounts & RankedLabels;

/** A number computed from counts or scores, such as `(rows) => averagePrecision({ ...rows, average: 'macro' })`. */
export type ResampleMetric = (rows: Resample) => number;

/** How to draw. */
export interface ResamplingOptions {
  /** Number of resamples. @default 1000 */
  readonly resamples?: number;
  /** Share of resamples inside the interval. @default 0.95 */
  readonly confidence?: number;
  /** The same seed gives the same numbers. @default 0 */
  readonly seed?: number;
  /** Stops the work between resamples; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** How to draw, and what to compute. */
export interface BootstrapOptions extends ResamplingOptions {
  readonly metric: CountsMetric;
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
  /** Of system A and of system B, on the rows as they are. */
  readonly values: readonly [number, number];
  /**
   * Two-sided: twice the smaller share of resamples on either side of zero, with one added to both counts, so never 0.
   */
  readonly pValue: number;
}

type Pairs = Omit<LabelPairs, 'sampleWeight'>;

/** Metrics by name: of counts, and where there are scores of those too. */
interface MetricsOf<Name extends string, Scores extends ScoreRows | undefined> {
  readonly scores?: Scores;
  readonly metrics: Readonly<Record<Name, Scores extends ScoreRows ? ResampleMetric : CountsMetric>>;
}

/** Draws rows with a weight each: none for the rows as they are. */
type Sampler = (weights?: Float64Array) => Resample;

/**
 * Confidence interval of a metric by drawing rows with replacement (percentile bootstrap, Efron 1979).
 *
 * Resamples in which the metric is NaN are left out.
 *
 * @example
 * bootstrapInterval({ gold, predicted, metric: (counts) => f1Score({ ...counts, average: 'macro' }) });
 */
export function bootstrapInterval({ metric, ...options }: Pairs & BootstrapOptions): Interval {
  return bootstrapIntervals({ ...options, metrics: { metric } }).metric;
}

/**
 * Confidence intervals of several metrics on the same resamples, which are drawn and counted once.
 *
 * For each metric the resamples in which it is NaN are left out; one that is NaN in all has the limits NaN.
 *
 * @param options.scores - For metrics of scores; each label's rows are sorted once.
 * @example
 * bootstrapIntervals({
 *   gold, predicted, scores,
 *   metrics: {
 *     f1: (rows) => f1Score({ ...rows, average: 'macro' }),
 *     rocAuc: (rows) => rocAuc({ ...rows, average: 'macro', skipUndefined: true }),
 *   },
 * });
 */
export function bootstrapIntervals<Name extends string, Scores extends ScoreRows | undefined = undefined>(
  options: Pairs & MetricsOf<Name, Scores> & ResamplingOptions,
): Record<Name, Interval> {
  const sample = samplerOf(options);
  const metrics = options.metrics as Readonly<Record<Name, ResampleMetric>>;
  const evaluate = (weights?: Float64Array): Record<Name, number> => {
    const rows = sample(weights);
    return mapValues(metrics, (metric) => metric(rows));
  };
  const whole = evaluate();
  const drawn = resample(options, whole, evaluate);
  return mapValues(whole, (value, name) => ({ value, ...percentiles(drawn[name], options.confidence) }));
}

/**
 * Tests whether system B differs from system A on the same posts: both are scored on the same resampled rows.
 *
 * @param options.predicted - Predictions of system A.
 * @param options.other - Predictions of system B.
 * @returns B minus A, its interval and p-value.
 */
export function pairedBootstrap({ metric, ...options }: Pairs & BootstrapOptions & { readonly other: LabelRows }): PairedDifference {
  return pairedBootstraps({ ...options, metrics: { metric } }).metric;
}

/**
 * {@link pairedBootstrap} for several metrics on the same resamples. The p-values are each metric's own: see `holmCorrection`.
 *
 * @param options.otherScores - Scores of system B, when there are scores.
 */
export function pairedBootstraps<Name extends string, Scores extends ScoreRows | undefined = undefined>(
  options: Pairs & MetricsOf<Name, Scores> & ResamplingOptions & { readonly other: LabelRows; readonly otherScores?: ScoreRows },
): Record<Name, PairedDifference> {
  const sample = samplerOf(options);
  const sampleOther = samplerOf({ ...options, predicted: options.other, scores: options.scores && (options.otherScores ?? options.scores) });
  const metrics = options.metrics as Readonly<Record<Name, ResampleMetric>>;
  const evaluate = (weights?: Float64Array): Record<Name, readonly [number, number]> => {
    const [rows, others] = [sample(weights), sampleOther(weights)];
    return mapValues(metrics, (metric) => [metric(rows), metric(others)]);
  };
  const whole = evaluate();
  const drawn = resample(options, whole, (weights) => mapValues(evaluate(weights), difference));
  return mapValues(whole, (values, name) => ({
    value: difference(values), values, ...percentiles(drawn[name], options.confidence), pValue: twoSided(drawn[name]),
  }));
}

/**
 * P-values corrected for their number so that, where nothing differs, the chance that any of them falls below a level is at most
 * that level (Holm 1979). NaN is passed over.
 *
 * @returns in the order given: compare each with the level itself.
 */
export function holmCorrection(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].filter((index) => !Number.isNaN(pValues[index]!)).sort((a, b) => pValues[a]! - pValues[b]!);
  const corrected = new Array<number>(pValues.length).fill(NaN);
  let largest = 0;
  order.forEach((index, place) => {
    largest = Math.max(largest, Math.min(1, (order.length - place) * pValues[index]!));
    corrected[index] = largest;
  });
  return corrected;
}

function samplerOf(options: Pairs & { readonly scores?: ScoreRows | undefined }): Sampler {
  const { gold, predicted } = toMatrices(options);
  const weigh = options.scores === undefined ? undefined : rankLabels(toScored({ gold, scores: options.scores }));
  // Metrics that need scores are not given without them.
  return (weights) => ({ ...count(gold, predicted, weights), ...weigh?.(weights) }) as Resample;
}

/** Values of each metric on every resample, sorted, those that are NaN left out. */
function resample<Name extends string>(
  options: ResamplingOptions & Pick<Pairs, 'gold'>,
  metrics: Readonly<Record<Name, unknown>>,
  evaluate: (weights: Float64Array) => Readonly<Record<Name, number>>,
): Record<Name, Float64Array> {
  const { resamples = 1000, seed = 0, signal } = options;
  if (!(Number.isInteger(resamples) && resamples > 0)) {
    throw new MetricsError('MMHS_METRICS_OPTION', 'The number of resamples is not usable', {
      where: 'resamples',
      got: String(resamples),
      expected: 'a whole number above zero',
    });
  }
  const rows = 'rows' in options.gold ? options.gold.rows : options.gold.length;
  const random = createRandom(seed);
  const values = mapValues(metrics, () => new Float64Array(resamples));
  for (let index = 0; index < resamples; index += 1) {
    signal?.throwIfAborted();
    const drawn = evaluate(drawWeights(rows, random));
    for (const name in values) values[name][index] = drawn[name];
  }
  return mapValues(values, (each) => each.filter((value) => !Number.isNaN(value)).sort());
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

function difference([first, other]: readonly [number, number]): number {
  return other - first;
}

function twoSided(values: Float64Array): number {
  const [below, above] = [values.filter((value) => value <= 0).length, values.filter((value) => value >= 0).length];
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (values.length + 1));
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

function mapValues<Name extends string, From, To>(record: Readonly<Record<Name, From>>, map: (value: From, name: Name) => To): Record<Name, To> {
  const entries = (Object.keys(record) as Name[]).map((name) => [name, map(record[name], name)] as const);
  return Object.fromEntries(entries) as Record<Name, To>;
}
