/** The tolerances of the reference data, which come with them (see the README of such a folder). */
export const tolerances = {
  /** Of float32 tensors: largest difference relative to the largest expected entry. */
  tensor: 1e-4,
  /** Of losses, relative. */
  loss: 1e-5,
  /** Of normalised pixels, absolute. */
  pixel: 1e-6,
  /** Of pixels of lossy formats, in levels of 255: decoders differ. */
  lossyLevels: 2,
  /** Of metrics, absolute. */
  metric: 1e-12,
  trajectory: { loss: 1e-4, gradientNorm: 1e-4, learningRate: 1e-12, finalTensors: 5e-3 },
} as const;

/** Largest absolute difference; infinite when the lengths differ, NaN when an entry is no number. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs((actual[index] as number) - (expected[index] as number));
    // Math.max would hide nothing, but is slow on millions of entries.
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(difference)) return NaN;
  }
  return largest;
}

/** Largest absolute entry. */
export function largestEntry(values: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, Math.abs(values[index] as number));
  return largest;
}

/** Largest difference relative to the largest expected entry. */
export function tensorError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return ratio(largestDifference(actual, expected), largestEntry(expected));
}

/** Difference of two numbers relative to the expected one. */
export function relativeError(actual: number, expected: number): number {
  return ratio(Math.abs(actual - expected), Math.abs(expected));
}

/** Largest and Euclidean difference of each of an adapter's gradients, relative to the gradient's size. */
export function gradientErrors(
  pairs: ReadonlyMap<string, readonly [actual: ArrayLike<number>, expected: ArrayLike<number>]>,
): { readonly entry: readonly (readonly [name: string, error: number])[]; readonly norm: readonly (readonly [name: string, error: number])[] } {
  const list = [...pairs];
  const errors = (difference: typeof largestDifference, size: (values: ArrayLike<number>) => number) => {
    const sizes = sizesToCompareWith(list.map(([, [, expected]]) => size(expected)));
    return list.map(([name, [actual, expected]], index) => [name, ratio(difference(actual, expected), sizes[index] ?? NaN)] as const);
  };
  return { entry: errors(largestDifference, largestEntry), norm: errors(euclideanDifference, (values) => euclideanDifference(values, [])) };
}

/** Sizes of tensors, but the largest one's for those that are nearly zero: rounding makes up all of such a tensor. */
function sizesToCompareWith(sizes: readonly number[]): number[] {
  const largest = Math.max(...sizes);
  return sizes.map((size) => (size < 1e-4 * largest ? largest : size));
}

/** Euclidean norm of the difference of two tensors of one length; with nothing expected, of the tensor itself. */
function euclideanDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (expected.length !== 0 && actual.length !== expected.length) return Infinity;
  let sum = 0;
  for (let index = 0; index < actual.length; index++) sum += ((actual[index] as number) - (expected[index] ?? 0)) ** 2;
  return Math.sqrt(sum);
}

/** Euclidean norm of the difference of many tensors relative to the norm of the expected ones. */
export function normError(pairs: Iterable<readonly [actual: ArrayLike<number>, expected: ArrayLike<number>]>): number {
  let [difference, norm] = [0, 0];
  for (const [actual, expected] of pairs) {
    if (actual.length !== expected.length) return Infinity;
    for (let index = 0; index < expected.length; index++) {
      difference += ((actual[index] as number) - (expected[index] as number)) ** 2;
      norm += (expected[index] as number) ** 2;
    }
  }
  return ratio(Math.sqrt(difference), Math.sqrt(norm));
}

function ratio(difference: number, size: number): number {
  return difference === 0 ? 0 : difference / size;
}

/** The largest of some errors and what it belongs to; one that is no number counts as the largest, and so does having none. */
export function worstOf(errors: Iterable<readonly [name: string, error: number]>): { readonly name: string; readonly error: number } {
  let worst: { name: string; error: number } | undefined;
  for (const [name, error] of errors) {
    if (Number.isNaN(error)) return { name, error };
    if (worst === undefined || error > worst.error) worst = { name, error };
  }
  return worst ?? { name: 'nothing', error: NaN };
}

/**
 * Largest difference between the numbers of two values of the same form: numbers, texts, and arrays and objects of them.
 * Infinite where they differ in anything but finite numbers; NaN equals NaN.
 */
export function largestNestedDifference(actual: unknown, expected: unknown): number {
  if (Object.is(actual, expected)) return 0;
  if (isNested(actual) && isNested(expected)) {
    const [left, right] = [Object.entries(actual), Object.entries(expected)];
    if (left.length !== right.length) return Infinity;
    const values = new Map(left);
    return Math.max(...right.map(([key, part]) => largestNestedDifference(values.get(key), part)));
  }
  const difference = typeof actual === 'number' && typeof expected === 'number' ? Math.abs(actual - expected) : NaN;
  return Number.isNaN(difference) ? Infinity : difference;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
