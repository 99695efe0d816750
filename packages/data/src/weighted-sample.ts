import type { Random } from '@mmhs/core';

/**
 * Draws indices with replacement, each with a probability proportional to its weight.
 *
 * @throws RangeError unless the weights are finite, non-negative and not all zero.
 */
export function drawWeighted(options: {
  readonly weights: ArrayLike<number>;
  readonly count: number;
  readonly random: Random;
}): number[] {
  const { weights, count, random } = options;
  let total = 0;
  const sums = Float64Array.from(weights, (weight) => {
    if (!(weight >= 0)) throw new RangeError(`weight ${weight} is negative or not a number`);
    return (total += weight);
  });
  if (!(total > 0) || !Number.isFinite(total)) throw new RangeError(`the weights sum to ${total}`);
  return Array.from({ length: count }, () => firstAbove(sums, random.next() * total));
}

/** Place of the first running sum above a value below the last one. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
