import type { AxisWeights } from './resample.ts';
import { roundUp } from './memory-layout.ts';

/** Weights of one axis as the kernel wants them: in two halves of 16 bits, w = high * 2^15 + low. */
export interface WeightTable {
  /** For each output position and each of its groups, the low halves of the group, then the high halves. */
  readonly halves: Int16Array;
  /** Groups of each output position; those it does not need have weights of 0. */
  readonly groups: number;
}

/**
 * Packs weights in groups of `groupSize` input positions.
 *
 * Where an axis ends in the middle of a group, the kernel reads beyond its end and multiplies by 0.
 */
export function packWeights({ counts, weights, stride }: AxisWeights, groupSize: 2 | 4): WeightTable {
  const outputs = counts.length;
  const groups = roundUp(counts.reduce((most, count) => Math.max(most, count), 1), groupSize) / groupSize;
  const halves = new Int16Array(outputs * groups * groupSize * 2);
  for (let output = 0; output < outputs; output += 1) {
    const from = output * stride;
    let low = output * groups * groupSize * 2;
    for (let tap = 0; tap < counts[output]!; tap += groupSize, low += groupSize * 2) {
      for (let lane = 0; lane < groupSize && tap + lane < counts[output]!; lane += 1) {
        const weight = weights[from + tap + lane]!;
        halves[low + lane] = weight & 0x7fff;
        halves[low + groupSize + lane] = weight >> 15;
      }
    }
  }
  return { halves, groups };
}
