import { MmhsError } from '@mmhs/core';

/** Refuses an array of the caller's that does not fit what is to be written into it. */
export function checkLength(into: Float32Array, length: number): void {
  if (into.length === length) return;
  throw new MmhsError('MMHS_IMAGE_SIZE', 'The array to write into has the wrong length', {
    where: 'into',
    got: `${into.length} elements`,
    expected: `${length} elements`,
  });
}
