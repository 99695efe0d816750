import { checkBinary, checkProbabilities, type BinaryScores } from './score-matrix.ts';

/** Probabilities of one range, and what came true. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  /** Rows (or their weight) in the bin. */
  readonly weight: number;
  /** NaN in an empty bin. */
  readonly meanProbability: number;
  /** Share of rows that are positive; NaN in an empty bin. */
  readonly positiveShare: number;
}

/** Options of the calibration measures. */
export interface CalibrationOptions extends BinaryScores {
  /** Number of equally wide bins from 0 to 1. @default 10 */
  readonly bins?: number;
}

/** Sorts probabilities into equally wide bins: the points of a reliability diagram. A bin holds its lower bound. */
export function reliabilityBins(options: CalibrationOptions): ReliabilityBin[] {
  checkBinary(options);
  checkProbabilities({ data: options.scores });
  const { gold, scores, sampleWeight, bins = 10 } = options;
  const weights = new Float64Array(bins);
  const probabilities = new Float64Array(bins);
  const positives = new Float64Array(bins);
  for (let row = 0; row < gold.length; row += 1) {
    const bin = Math.min(Math.floor(bins * scores[row]!), bins - 1);
    const weight = sampleWeight === undefined ? 1 : sampleWeight[row]!;
    weights[bin]! += weight;
    probabilities[bin]! += weight * scores[row]!;
    positives[bin]! += weight * gold[row]!;
  }
  return Array.from(weights, (weight, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    weight,
    meanProbability: probabilities[bin]! / weight,
    positiveShare: positives[bin]! / weight,
  }));
}

/**
 * How far probabilities are from what comes true, for one label.
 *
 * @returns `expected` (ECE): mean gap between probability and share of positives over bins, weighted by their rows;
 * `largest` (MCE): the widest gap. Guo et al. 2017, arXiv 1706.04599.
 */
export function calibrationError(options: CalibrationOptions): { readonly expected: number; readonly largest: number } {
  const filled = reliabilityBins(options).filter((bin) => bin.weight > 0);
  const gaps = filled.map((bin) => Math.abs(bin.positiveShare - bin.meanProbability));
  const total = filled.reduce((sum, bin) => sum + bin.weight, 0);
  return {
    expected: filled.reduce((sum, bin, index) => sum + bin.weight * gaps[index]!, 0) / total,
    largest: Math.max(...gaps),
  };
}
