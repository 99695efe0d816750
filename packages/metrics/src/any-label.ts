import { toMatrices, type LabelPairs } from './counts.ts';
import type { LabelMatrix } from './label-matrix.ts';
import { toScoreMatrix, type ScoreMatrix, type ScoreRows } from './score-matrix.ts';

/**
 * The binary view of multi-label rows: one column that says whether a row has any of the labels.
 *
 * @example
 * multilabelReport(anyLabel({ gold, predicted, labels })); // "any hate" against none
 */
export function anyLabel(pairs: LabelPairs): { readonly gold: LabelMatrix; readonly predicted: LabelMatrix } {
  const { gold, predicted } = toMatrices(pairs);
  return { gold: anyInRow(gold), predicted: anyInRow(predicted) };
}

/** The score of "any label": each row's highest score. */
export function anyLabelScores(scores: ScoreRows): ScoreMatrix {
  const { rows, columns, data } = toScoreMatrix(scores);
  const highest = Float64Array.from({ length: rows }, (_, row) =>
    Math.max(...data.subarray(row * columns, (row + 1) * columns)),
  );
  return { rows, columns: 1, data: highest };
}

function anyInRow({ rows, columns, data }: LabelMatrix): LabelMatrix {
  const any = Uint8Array.from({ length: rows }, (_, row) => (data.subarray(row * columns, (row + 1) * columns).includes(1) ? 1 : 0));
  return { rows, columns: 1, data: any };
}
