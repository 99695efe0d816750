import { checkSameShape, checkWeights, toLabelMatrix, type LabelMatrix, type LabelRows } from './label-matrix.ts';
import { RowTally } from './row-tally.ts';

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
 * Everything the metrics of label sets need to know about many rows. Counts of two shards add up to the counts of both;
 * without sample weights they are whole numbers, so the sum is exact.
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
  readonly rowTally: RowTally;
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
  const counts = emptyCounts(gold.columns);
  return addRows(counts, gold, predicted, pairs.sampleWeight);
}

/** Counts when given labels; hands counts back as they are. */
export function toCounts(source: CountsSource): MultilabelCounts {
  return 'rowTally' in source ? source : countLabels(source);
}

/** Gold and predicted labels as matrices of one shape, weights checked. */
export function toMatrices(pairs: LabelPairs): { gold: LabelMatrix; predicted: LabelMatrix } {
  const gold = toLabelMatrix(pairs.gold, pairs.labels, 'gold');
  const predicted = toLabelMatrix(pairs.predicted, pairs.labels, 'predicted');
  checkSameShape(gold, predicted);
  checkWeights(pairs.sampleWeight, gold.rows);
  return { gold, predicted };
}

/** Counts of no rows at all. */
export function emptyCounts(columns: number): MultilabelCounts {
  return {
    rows: 0,
    columns,
    truePositives: new Float64Array(columns),
    predictedPositives: new Float64Array(columns),
    goldPositives: new Float64Array(columns),
    rowTally: new RowTally(columns),
  };
}

/** Adds rows into the arrays of `counts` and returns the counts with the new number of rows. */
export function addRows(
  counts: MultilabelCounts,
  gold: LabelMatrix,
  predicted: LabelMatrix,
  weights: ArrayLike<number> | undefined,
): MultilabelCounts {
  const { columns, truePositives, predictedPositives, goldPositives, rowTally } = counts;
  const goldData = gold.data;
  const predictedData = predicted.data;
  let rows = counts.rows;
  for (let row = 0, cell = 0; row < gold.rows; row += 1) {
    const weight = weights === undefined ? 1 : weights[row]!;
    let common = 0;
    let goldInRow = 0;
    let predictedInRow = 0;
    for (let column = 0; column < columns; column += 1, cell += 1) {
      const isGold = goldData[cell]!;
      const isPredicted = predictedData[cell]!;
      if ((isGold | isPredicted) === 0) continue;
      const isCommon = isGold & isPredicted;
      truePositives[column]! += isCommon * weight;
      predictedPositives[column]! += isPredicted * weight;
      goldPositives[column]! += isGold * weight;
      common += isCommon;
      goldInRow += isGold;
      predictedInRow += isPredicted;
    }
    rowTally.add(goldInRow, predictedInRow, common, weight);
    rows += weight;
  }
  return { ...counts, rows };
}
