import { CountsBuilder } from './counts-builder.ts';
import { checkSameShape, checkWeights, toLabelMatrix, type LabelMatrix, type LabelRows } from './label-matrix.ts';
import type { RowGroup } from './row-groups.ts';

/** Gold and predicted labels of the same rows. */
export interface LabelPairs {
  /** What is true. */
  readonly gold: LabelRows;
  /** What was predicted. */
  readonly predicted: LabelRows;
  /** Label names in column order; needed when rows are sets of names. */
  readonly labels?: readonly string[];
  /** Weight of each row. @default 1 each */
  readonly sampleWeight?: ArrayLike<number>;
}

/**
 * Everything the metrics of label sets need to know about many rows, as plain data that can be sent to another thread.
 *
 * Counts of two shards add up to the counts of both; without sample weights they are whole numbers, so the sum is exact.
 */
export interface MultilabelCounts {
  /** Sum of the rows' weights: the number of rows when there are no weights. */
  readonly rows: number;
  readonly columns: number;
  /** Per label: rows where it is true and predicted. */
  readonly truePositives: Float64Array;
  /** Per label: rows where it is predicted. */
  readonly predictedPositives: Float64Array;
  /** Per label: rows where it is true (its support). */
  readonly goldPositives: Float64Array;
  /** How many rows have which numbers of gold, predicted and common labels. */
  readonly rowGroups: readonly RowGroup[];
}

/** Counts, or the labels to be counted. */
export type CountsSource = MultilabelCounts | LabelPairs;

/**
 * Counts gold and predicted labels, once for all metrics.
 *
 * @throws MetricsError `MMHS_METRICS_SHAPE`, `MMHS_METRICS_VALUE` or `MMHS_METRICS_LABEL` for unusable input.
 */
export function countLabels(pairs: LabelPairs): MultilabelCounts {
  const { gold, predicted } = toMatrices(pairs);
  return new CountsBuilder(gold.columns).addRows(gold, predicted, pairs.sampleWeight).counts();
}

/** Counts when given labels; hands counts back as they are. */
export function toCounts(source: CountsSource): MultilabelCounts {
  return 'rowGroups' in source ? source : countLabels(source);
}

/** Gold and predicted labels as matrices of one shape, weights checked. */
export function toMatrices(pairs: LabelPairs): { gold: LabelMatrix; predicted: LabelMatrix } {
  const gold = toLabelMatrix(pairs.gold, pairs.labels, 'gold');
  const predicted = toLabelMatrix(pairs.predicted, pairs.labels, 'predicted');
  checkSameShape(gold, predicted);
  checkWeights(pairs.sampleWeight, gold.rows);
  return { gold, predicted };
}
