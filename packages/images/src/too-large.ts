import { MmhsError } from '@mmhs/core';

import type { ImageLimits } from './limits.ts';

/** The error for a picture beyond its limits. */
export function tooLarge(
  where: string,
  { got, limit, unit, option }: {
    readonly got: number | string;
    readonly limit: number;
    readonly unit: string;
    readonly option: keyof ImageLimits;
  },
): MmhsError {
  return new MmhsError('MMHS_IMAGE_TOO_LARGE', 'The picture is too large', {
    where,
    got: `${got} ${unit}`,
    expected: `at most ${limit} ${unit}`,
    fix: `store a smaller copy, or raise limits.${option}`,
  });
}

/** @throws MmhsError `MMHS_IMAGE_TOO_LARGE` */
export function checkPixels(
  { width, height }: { readonly width: number; readonly height: number },
  where: string,
  maxPixels: number,
): void {
  if (width * height <= maxPixels) return;
  throw tooLarge(where, { got: `${width} x ${height}`, limit: maxPixels, unit: 'pixels', option: 'maxPixels' });
}
