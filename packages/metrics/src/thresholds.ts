import { MetricsError } from './errors.ts';
import type { LabelMatrix } from './label-matrix.ts';
import { createRandom, shuffledIndices } from './random.ts';
import { columnOf, toScored, toScoreMatrix, type BinaryScores, type ScoredLabels, type ScoreRows } from './score-matrix.ts';
import { thresholdCounts } from './threshold-counts.ts';

/** What a threshold should be best at. */
export type ThresholdObjective =
  /** The highest F-beta. */
  | { readonly kind: 'fbeta'; readonly beta: number }
  /** The lowest mean cost of mistakes. */
  | { readonly kind: 'cost'; readonly falsePositive: number; readonly falseNegative: number }
  /** The highest precision among thresholds that keep the recall. */
  | { readonly kind: 'precision-at-recall'; readonly recall: number };

/** A label's tuned threshold; rows with `score >= threshold` are predicted. */
export interface TunedThreshold {
  readonly label: string;
  /** Halfway to the next lower score; Infinity predicts no row. */
  readonly threshold: number;
  /** The objective's value on the rows it was tuned on: too good. */
  readonly inSample: number;
  /** The objective's value on rows that had no part in the tuning (cross-validation). */
  readonly honest: number;
}

/** Outcome counts of one label. */
interface Outcome {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly rows: number;
}

/**
 * Chooses a threshold for each label, and estimates without self-deception how good it will be.
 *
 * Thresholds come from all rows. For the honest value the rows are divided into folds; each fold is judged by
 * thresholds tuned on the other folds, and the judgements are pooled.
 *
 * @param options.objective - @default F1
 * @param options.folds - @default 5, at most the number of rows
 * @param options.seed - Of the division into folds. @default 0
 * @throws MetricsError `MMHS_METRICS_OPTION` for unusable options.
 */
export function tuneThresholds(
  options: Omit<ScoredLabels, 'sampleWeight'> & {
    readonly objective?: ThresholdObjective;
    readonly folds?: number;
    readonly seed?: number;
  },
): TunedThreshold[] {
  const { objective = { kind: 'fbeta', beta: 1 }, seed = 0 } = options;
  const { gold, scores } = toScored(options);
  const folds = Math.min(options.folds ?? 5, gold.rows);
  if (!(Number.isInteger(folds) && folds >= 2)) {
    throw new MetricsError('MMHS_METRICS_OPTION', 'The rows cannot be divided into folds', {
      where: 'folds',
      got: String(folds),
      expected: 'a whole number, 2 or more, and as many rows',
    });
  }
  const order = shuffledIndices(gold.rows, createRandom(seed));
  const foldOf = new Uint32Array(gold.rows);
  order.forEach((row, position) => {
    foldOf[row] = position % folds;
  });
  return Array.from({ length: gold.columns }, (_, column) => {
    const label = columnOf(gold, scores, column);
    const threshold = bestThreshold(label, objective);
    const predicted = label.scores.map((score) => (score >= threshold ? 1 : 0));
    return {
      label: options.labels?.[column] ?? String(column),
      threshold,
      inSample: objectiveValue(countOutcome(label.gold, predicted), objective),
      honest: objectiveValue(countOutcome(label.gold, predictOutOfFold(label, foldOf, folds, objective)), objective),
    };
  });
}

/** Predicts the labels whose scores reach their thresholds. */
export function applyThresholds(options: { readonly scores: ScoreRows; readonly thresholds: readonly number[] }): LabelMatrix {
  const { rows, columns, data } = toScoreMatrix(options.scores);
  if (options.thresholds.length !== columns) {
    throw new MetricsError('MMHS_METRICS_SHAPE', 'Thresholds and labels differ in number', {
      where: 'thresholds',
      got: String(options.thresholds.length),
      expected: String(columns),
    });
  }
  return { rows, columns, data: Uint8Array.from(data, (score, cell) => (score >= options.thresholds[cell % columns]! ? 1 : 0)) };
}

function predictOutOfFold(label: BinaryScores, foldOf: Uint32Array, folds: number, objective: ThresholdObjective): Float64Array {
  const predicted = new Float64Array(foldOf.length);
  for (let fold = 0; fold < folds; fold += 1) {
    const others = [...foldOf.keys()].filter((row) => foldOf[row] !== fold);
    const threshold = bestThreshold(
      { gold: others.map((row) => label.gold[row]!), scores: others.map((row) => label.scores[row]!) },
      objective,
    );
    foldOf.forEach((itsFold, row) => {
      if (itsFold === fold && label.scores[row]! >= threshold) predicted[row] = 1;
    });
  }
  return predicted;
}

/** Among equally good thresholds the highest, which predicts least. */
function bestThreshold(label: BinaryScores, objective: ThresholdObjective): number {
  const { thresholds, truePositives, falsePositives } = thresholdCounts(label);
  const rows = label.gold.length;
  const positives = truePositives.at(-1) ?? 0;
  let best = Infinity;
  let bestGain = gain({ truePositives: 0, falsePositives: 0, falseNegatives: positives, rows }, objective);
  thresholds.forEach((threshold, index) => {
    const found = truePositives[index]!;
    const outcome = { truePositives: found, falsePositives: falsePositives[index]!, falseNegatives: positives - found, rows };
    if (gain(outcome, objective) <= bestGain) return;
    bestGain = gain(outcome, objective);
    best = halfway(threshold, thresholds[index + 1]);
  });
  return best;
}

/** Halfway to the next lower score, so that new scores close to the border fall on the likelier side. */
function halfway(score: number, lower: number | undefined): number {
  if (lower === undefined) return score;
  const middle = lower + (score - lower) / 2;
  return middle > lower ? middle : score;
}

/** The objective as something to maximise; thresholds that lose the recall come after all that keep it. */
function gain(outcome: Outcome, objective: ThresholdObjective): number {
  const value = objectiveValue(outcome, objective);
  if (objective.kind === 'cost') return -value;
  if (objective.kind === 'fbeta') return value;
  const recall = ratio(outcome.truePositives, outcome.truePositives + outcome.falseNegatives);
  return recall >= objective.recall ? 1 + value : recall - 1;
}

function objectiveValue(outcome: Outcome, objective: ThresholdObjective): number {
  const { truePositives, falsePositives, falseNegatives, rows } = outcome;
  switch (objective.kind) {
    case 'fbeta': {
      const square = objective.beta ** 2;
      const weighted = (1 + square) * truePositives;
      return ratio(weighted, weighted + square * falseNegatives + falsePositives);
    }
    case 'cost':
      return (objective.falsePositive * falsePositives + objective.falseNegative * falseNegatives) / rows;
    case 'precision-at-recall':
      return ratio(truePositives, truePositives + falsePositives);
  }
}

function countOutcome(gold: ArrayLike<number>, predicted: ArrayLike<number>): Outcome {
  let [truePositives, falsePositives, falseNegatives] = [0, 0, 0];
  for (let row = 0; row < gold.length; row += 1) {
    truePositives += gold[row]! * predicted[row]!;
    falsePositives += (1 - gold[row]!) * predicted[row]!;
    falseNegatives += gold[row]! * (1 - predicted[row]!);
  }
  return { truePositives, falsePositives, falseNegatives, rows: gold.length };
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
