import type { BinaryScores } from './score-matrix.ts';

/** What predicting `score >= threshold` would give, for every distinct score from the highest to the lowest. */
export interface ThresholdCounts {
  readonly thresholds: Float64Array;
  /** Positives among the rows at or above each threshold. */
  readonly truePositives: Float64Array;
  /** Negatives among the rows at or above each threshold. */
  readonly falsePositives: Float64Array;
}

/** Counts positives and negatives at or above every distinct score; equal scores are one threshold. */
export function thresholdCounts(input: BinaryScores): ThresholdCounts {
  return input.sampleWeight === undefined ? countUnweighted(input) : countWeighted(input, input.sampleWeight);
}

/** Sorts positives and negatives apart, which spares sorting indices, and merges them from the top. */
function countUnweighted({ gold, scores }: BinaryScores): ThresholdCounts {
  const { positives, negatives } = separate(gold, scores);
  positives.sort();
  negatives.sort();
  const counts = allocate(gold.length);
  let positive = positives.length - 1;
  let negative = negatives.length - 1;
  let size = 0;
  while (positive >= 0 || negative >= 0) {
    const threshold =
      negative < 0 || (positive >= 0 && positives[positive]! > negatives[negative]!) ? positives[positive]! : negatives[negative]!;
    while (positive >= 0 && positives[positive] === threshold) positive -= 1;
    while (negative >= 0 && negatives[negative] === threshold) negative -= 1;
    counts.thresholds[size] = threshold;
    counts.truePositives[size] = positives.length - 1 - positive;
    counts.falsePositives[size] = negatives.length - 1 - negative;
    size += 1;
  }
  return trim(counts, size);
}

function separate(gold: ArrayLike<number>, scores: ArrayLike<number>): { positives: Float64Array; negatives: Float64Array } {
  let count = 0;
  for (let row = 0; row < gold.length; row += 1) count += gold[row]!;
  const positives = new Float64Array(count);
  const negatives = new Float64Array(gold.length - count);
  let [positive, negative] = [0, 0];
  for (let row = 0; row < gold.length; row += 1) {
    const score = scores[row]! + 0; // -0 and 0 are one threshold
    if (gold[row] === 1) positives[positive++] = score;
    else negatives[negative++] = score;
  }
  return { positives, negatives };
}

function countWeighted({ gold, scores }: BinaryScores, weights: ArrayLike<number>): ThresholdCounts {
  const order = Uint32Array.from({ length: gold.length }, (_, row) => row)
    .filter((row) => weights[row] !== 0)
    .sort((left, right) => scores[right]! - scores[left]!);
  const counts = allocate(order.length);
  let [truePositives, falsePositives, size] = [0, 0, 0];
  order.forEach((row, position) => {
    if (gold[row] === 1) truePositives += weights[row]!;
    else falsePositives += weights[row]!;
    const next = order[position + 1];
    if (next !== undefined && scores[next] === scores[row]) return;
    counts.thresholds[size] = scores[row]!;
    counts.truePositives[size] = truePositives;
    counts.falsePositives[size] = falsePositives;
    size += 1;
  });
  return trim(counts, size);
}

function allocate(size: number): ThresholdCounts {
  return {
    thresholds: new Float64Array(size),
    truePositives: new Float64Array(size),
    falsePositives: new Float64Array(size),
  };
}

function trim(counts: ThresholdCounts, size: number): ThresholdCounts {
  return {
    thresholds: counts.thresholds.subarray(0, size),
    truePositives: counts.truePositives.subarray(0, size),
    falsePositives: counts.falsePositives.subarray(0, size),
  };
}
