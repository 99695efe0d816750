import type { LabelMatrix } from './label-matrix.ts';
import { columnOf, type BinaryScores, type ScoredLabels, type ScoreMatrix } from './score-matrix.ts';

/** Positives and negatives at or above each of some thresholds, from the highest to the lowest. */
export interface PositivesAbove {
  readonly truePositives: ArrayLike<number>;
  readonly falsePositives: ArrayLike<number>;
}

/** Rows from the highest score to the lowest. */
interface RankedRows {
  /** Which row of the sample stands at each place. */
  readonly rows: Uint32Array;
  readonly positive: Uint8Array;
  /** Place of the last row of each distinct score. */
  readonly ends: Uint32Array;
}

/** Where a label's rows stand: `'all'` takes all cells of the matrix as rows of one label. */
export type RankedColumn = number | 'all';

/** Gold labels and scores that need not be sorted again for other weights. */
export interface RankedLabels extends ScoredLabels {
  readonly gold: LabelMatrix;
  readonly scores: ScoreMatrix;
  readonly sampleWeight?: Float64Array;
  /** Positives and negatives above the thresholds of a label, under the sample's weights. */
  readonly above: (column: RankedColumn) => PositivesAbove;
}

/** Sorts each label's rows when they are first needed; returns the same labels under any weights. */
export function rankLabels({ gold, scores }: {
  readonly gold: LabelMatrix;
  readonly scores: ScoreMatrix;
}): (sampleWeight?: Float64Array) => RankedLabels {
  const rankingOf = remember((column: RankedColumn) => rankRows(gold, scores, column));
  return (sampleWeight) => ({
    gold, scores, ...(sampleWeight && { sampleWeight }), above: remember((column) => positivesAbove(rankingOf(column), sampleWeight)),
  });
}

function rankRows(gold: LabelMatrix, scores: ScoreMatrix, column: RankedColumn): RankedRows {
  const cells: BinaryScores = column === 'all' ? { gold: gold.data, scores: scores.data } : columnOf(gold, scores, column);
  const cellsPerRow = column === 'all' ? gold.columns : 1;
  const order = Uint32Array.from({ length: cells.gold.length }, (_, cell) => cell).sort((a, b) => cells.scores[b]! - cells.scores[a]!);
  return {
    rows: order.map((cell) => Math.floor(cell / cellsPerRow)),
    positive: Uint8Array.from(order, (cell) => cells.gold[cell]!),
    ends: Uint32Array.from(order.keys()).filter((place) => cells.scores[order[place]!] !== cells.scores[order[place + 1]!]),
  };
}

function positivesAbove({ rows, positive, ends }: RankedRows, weights: Float64Array | undefined): PositivesAbove {
  const truePositives = new Float64Array(ends.length);
  const falsePositives = new Float64Array(ends.length);
  let [positives, all, place] = [0, 0, 0];
  for (let threshold = 0; threshold < ends.length; threshold += 1) {
    for (const end = ends[threshold]!; place <= end; place += 1) {
      const weight = weights === undefined ? 1 : weights[rows[place]!]!;
      positives += weight * positive[place]!;
      all += weight;
    }
    truePositives[threshold] = positives;
    falsePositives[threshold] = all - positives; // exact: weights are whole numbers
  }
  return { truePositives, falsePositives };
}

function remember<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key) ?? compute(key);
    known.set(key, found);
    return found;
  };
}
