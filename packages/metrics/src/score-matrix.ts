import { MetricsError } from './errors.ts';
import { checkSameShape, checkWeights, toLabelMatrix, type LabelMatrix, type LabelRows } from './label-matrix.ts';

/** A score per row and label: `[rows, columns]`, row-major; higher means more likely. */
export interface ScoreMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array | Float32Array;
}

/** Scores as rows of numbers or as a matrix. */
export type ScoreRows = readonly (readonly number[])[] | ScoreMatrix;

/** Gold labels and scores of the same rows. */
export interface ScoredLabels {
  /** What is true. */
  readonly gold: LabelRows;
  /** Scores, probabilities or logits; finite. */
  readonly scores: ScoreRows;
  /** Label names in column order; needed when gold rows are sets of names. */
  readonly labels?: readonly string[];
  /** Weight of each row. @default 1 each */
  readonly sampleWeight?: ArrayLike<number>;
}

/** One label's truth (0 or 1) and scores, row by row. */
export interface BinaryScores {
  readonly gold: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
  /** @default 1 each */
  readonly sampleWeight?: ArrayLike<number> | undefined;
}

/**
 * Gold labels and scores as matrices of one shape, checked.
 *
 * @throws MetricsError `MMHS_METRICS_SHAPE` or `MMHS_METRICS_VALUE` for unusable input.
 */
export function toScored(input: ScoredLabels): { gold: LabelMatrix; scores: ScoreMatrix } {
  const gold = toLabelMatrix(input.gold, input.labels, 'gold');
  const scores = toScoreMatrix(input.scores);
  checkSameShape(gold, scores);
  checkWeights(input.sampleWeight, gold.rows);
  return { gold, scores };
}

/** Brings scores into matrix form and refuses those that are not finite. */
export function toScoreMatrix(rows: ScoreRows): ScoreMatrix {
  const matrix = 'data' in rows ? rows : fromRows(rows);
  if (matrix.data.length !== matrix.rows * matrix.columns) {
    throw new MetricsError('MMHS_METRICS_SHAPE', 'The scores do not fill the matrix', {
      where: 'scores',
      got: `${matrix.data.length} cells`,
      expected: `${matrix.rows} x ${matrix.columns}`,
    });
  }
  const bad = matrix.data.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) throw badScore(matrix.data[bad]!, `scores, row ${Math.floor(bad / matrix.columns)}, column ${bad % matrix.columns}`);
  return matrix;
}

/** Refuses scores outside 0 to 1. */
export function checkProbabilities({ data }: { readonly data: ArrayLike<number> }): void {
  for (let index = 0; index < data.length; index += 1) {
    if (data[index]! >= 0 && data[index]! <= 1) continue;
    throw new MetricsError('MMHS_METRICS_VALUE', 'A score is not a probability', {
      where: `scores, cell ${index}`,
      got: String(data[index]),
      expected: 'a number from 0 to 1',
    });
  }
}

/** Checks one label's truth and scores. */
export function checkBinary({ gold, scores, sampleWeight }: BinaryScores): void {
  checkSameShape({ rows: gold.length, columns: 1 }, { rows: scores.length, columns: 1 });
  if (gold.length === 0) throw new MetricsError('MMHS_METRICS_SHAPE', 'There is nothing to measure', { where: 'gold' });
  checkWeights(sampleWeight, gold.length);
  for (let row = 0; row < gold.length; row += 1) {
    if (gold[row] !== 0 && gold[row] !== 1) {
      throw new MetricsError('MMHS_METRICS_VALUE', 'A value is neither 0 nor 1', {
        where: `gold, row ${row}`,
        got: String(gold[row]),
      });
    }
    if (!Number.isFinite(scores[row])) throw badScore(scores[row]!, `scores, row ${row}`);
  }
}

/** A column of gold labels and scores. */
export function columnOf(gold: LabelMatrix, scores: ScoreMatrix, column: number): { gold: Uint8Array; scores: Float64Array } {
  const { rows, columns } = gold;
  const truth = new Uint8Array(rows);
  const values = new Float64Array(rows);
  for (let row = 0, cell = column; row < rows; row += 1, cell += columns) {
    truth[row] = gold.data[cell]!;
    values[row] = scores.data[cell]!;
  }
  return { gold: truth, scores: values };
}

function fromRows(rows: readonly (readonly number[])[]): ScoreMatrix {
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, index) => {
    if (row.length !== columns) {
      throw new MetricsError('MMHS_METRICS_SHAPE', 'Rows differ in length', {
        where: `scores, row ${index}`,
        got: `${row.length} cells`,
        expected: `${columns}`,
      });
    }
    data.set(row, index * columns);
  });
  return { rows: rows.length, columns, data };
}

function badScore(score: number, where: string): MetricsError {
  return new MetricsError('MMHS_METRICS_VALUE', 'A score is not usable', { where, got: String(score), expected: 'a finite number' });
}
