import { sortByScore, type SortedRows } from './radix-sort.ts';
import type { BinaryScores } from './score-matrix.ts';

/**
 * Rows by score, lowest first, each with its weight (1 without weights), negated for rows that are not positive.
 *
 * Rows of weight zero are left out.
 */
export function sortRows({ gold, scores, sampleWeight }: BinaryScores): SortedRows {
  const values = new Float64Array(gold.length);
  const signedWeights = sampleWeight === undefined ? new Int8Array(gold.length) : new Float64Array(gold.length);
  let size = 0;
  for (let row = 0; row < gold.length; row += 1) {
    const weight = sampleWeight === undefined ? 1 : sampleWeight[row]!;
    if (weight === 0) continue;
    values[size] = scores[row]! + 0; // -0 and 0 are one score
    signedWeights[size] = gold[row] === 1 ? weight : -weight;
    size += 1;
  }
  return sortByScore({ scores: values.subarray(0, size), signedWeights: signedWeights.subarray(0, size) });
}
