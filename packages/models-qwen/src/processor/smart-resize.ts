import { MmhsError } from '@mmhs/core';

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture may be this many times longer than wide. */
const largestRatio = 200;

/**
 * The nearest size whose sides are multiples of `factor` and whose area lies between `minPixels` and `maxPixels`, sides in
 * nearly the same ratio. A very long picture may exceed `maxPixels`, as no side gets below `factor`.
 *
 * Follows the reference step by step: sides are rounded half to even, and divided in the same order.
 *
 * @throws MmhsError `MMHS_IMAGE_SIZE` when one side is more than 200 times the other.
 */
export function smartResize(
  { width, height }: Size,
  options: { readonly factor: number; readonly minPixels: number; readonly maxPixels: number },
): Size {
  const { factor, minPixels, maxPixels } = options;
  if (Math.max(width, height) / Math.min(width, height) > largestRatio) {
    throw new MmhsError('MMHS_IMAGE_SIZE', 'The picture is too long and narrow for the model', {
      got: `${width} x ${height}`,
      expected: `sides in a ratio of at most ${largestRatio}`,
    });
  }
  const sides = (round: (side: number) => number): Size => ({ width: round(width) * factor, height: round(height) * factor });
  const nearest = sides((side) => roundHalfToEven(side / factor));
  if (nearest.width * nearest.height > maxPixels) {
    const shrink = Math.sqrt((height * width) / maxPixels);
    return sides((side) => Math.max(1, Math.floor(side / shrink / factor)));
  }
  if (nearest.width * nearest.height < minPixels) {
    const enlarge = Math.sqrt(minPixels / (height * width));
    return sides((side) => Math.ceil((side * enlarge) / factor));
  }
  return nearest;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
