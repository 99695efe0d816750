import { MmhsError, type RgbImage } from '@mmhs/core';

import { planColumnPass } from './column-pass.ts';
import { borrowKernel, type Kernel } from './kernel.ts';
import { createMemoryLayout } from './memory-layout.ts';
import type { KernelRows } from './pass.ts';
import type { ResizeFilter } from './resample.ts';
import { planRowPass } from './row-pass.ts';

/** What to resize to. */
export interface ResizeOptions {
  /** Width of the result in pixels, at least 1. */
  readonly width: number;
  /** Height of the result in pixels, at least 1. */
  readonly height: number;
  readonly filter: ResizeFilter;
}

/**
 * Resizes a picture to exactly the given size, bit for bit as Pillow's `Image.resize` does: first along the rows, rounded
 * to 8 bits, then along the columns; a direction whose size stays the same is left alone, and a picture that has the size
 * already is returned itself.
 *
 * @throws MmhsError `MMHS_IMAGE_SIZE` when a side is not a positive whole number, or the work does not fit into memory.
 */
export function resizeImage(image: RgbImage, { width, height, filter }: ResizeOptions): RgbImage {
  checkSide('width', width);
  checkSide('height', height);
  if (width === image.width && height === image.height) return image;
  const layout = createMemoryLayout();
  const rowPass = planRowPass(image, { width, filter, layout });
  const columnPass = planColumnPass(rowPass.result, { height, filter, layout });
  const kernel = borrow(layout.byteLength(), `${image.width} x ${image.height} to ${width} x ${height}`);
  rowPass.run(kernel);
  columnPass.run(kernel);
  return { width, height, data: packRows(kernel.bytes, columnPass.result) };
}

function packRows(bytes: Uint8Array, { place, stride, width, height }: KernelRows): Uint8Array {
  const length = width * 3;
  if (stride === length) return bytes.slice(place, place + length * height);
  const data = new Uint8Array(length * height);
  for (let y = 0; y < height; y += 1) {
    const start = place + y * stride;
    data.set(bytes.subarray(start, start + length), y * length);
  }
  return data;
}

function borrow(byteLength: number, got: string): Kernel {
  try {
    return borrowKernel(byteLength);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new MmhsError('MMHS_IMAGE_SIZE', 'There is not enough memory to resize the picture', {
      got: `${got}, which takes ${byteLength} bytes`,
      expected: 'at most 4 GiB, and as much free memory',
      cause,
    });
  }
}

function checkSide(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new MmhsError('MMHS_IMAGE_SIZE', 'A picture cannot be resized to that size', {
    where: name,
    got: String(value),
    expected: 'a whole number of pixels, at least 1',
  });
}
