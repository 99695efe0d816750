import type { LabelMatrix } from './label-matrix.ts';

/** Most labels for which a table of all patterns is small: 4^6 numbers, 32 KiB. */
export const mostPatternColumns = 6;

/** What two bits of a pattern say about a label. */
export const [onlyPredicted, onlyGold, common] = [1, 2, 3] as const;

/**
 * Counts how often, or with what weight, each pattern of gold and predicted labels occurs.
 *
 * A pattern is a row as a number, two bits a label, the first label highest: {@link onlyPredicted}, {@link onlyGold},
 * {@link common} or 0. With few labels there are few patterns, so that all further work is done per pattern, not per row.
 *
 * @returns One number for each of the 4^columns patterns.
 */
export function countPatterns(
  gold: LabelMatrix,
  predicted: LabelMatrix,
  weights: ArrayLike<number> | undefined,
): Float64Array {
  const { rows, columns } = gold;
  const [goldData, predictedData] = [gold.data, predicted.data];
  const table = new Float64Array(4 ** columns);
  let cell = 0;
  for (let row = 0; row < rows; row += 1) {
    let pattern = 0;
    for (const end = cell + columns; cell < end; cell += 1) {
      pattern = (pattern << 2) | (goldData[cell]! << 1) | predictedData[cell]!;
    }
    table[pattern]! += weights === undefined ? 1 : weights[row]!;
  }
  return table;
}
