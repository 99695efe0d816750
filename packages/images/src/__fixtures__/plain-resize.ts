import type { RgbImage } from '@mmhs/core';

import { axisWeights, type AxisWeights } from '../resample.ts';
import type { ResizeOptions } from '../resize.ts';

const weightBits = 22;
const half = 1 << (weightBits - 1);

/** The same as `resizeImage`, in plain typed-array code: what the kernel is compared with in tests and benchmarks. */
export function plainResize(image: RgbImage, { width, height, filter }: ResizeOptions): RgbImage {
  const wide = width === image.width ? image : resizeRows(image, axisWeights(image.width, width, filter), width);
  return height === wide.height ? wide : resizeColumns(wide, axisWeights(image.height, height, filter), height);
}

function resizeRows({ data, width: inputWidth, height }: RgbImage, axis: AxisWeights, width: number): RgbImage {
  const { starts, counts, weights, stride } = axis;
  // The array clamps to 0..255; as the sums are whole numbers it never has to round.
  const result = new Uint8ClampedArray(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    const row = y * inputWidth * 3;
    for (let x = 0; x < width; x += 1, to += 3) {
      let red = half;
      let green = half;
      let blue = half;
      let from = row + starts[x]! * 3;
      const end = x * stride + counts[x]!;
      for (let tap = x * stride; tap < end; tap += 1, from += 3) {
        const weight = weights[tap]!;
        red = (red + Math.imul(data[from]!, weight)) | 0;
        green = (green + Math.imul(data[from + 1]!, weight)) | 0;
        blue = (blue + Math.imul(data[from + 2]!, weight)) | 0;
      }
      result[to] = red >> weightBits;
      result[to + 1] = green >> weightBits;
      result[to + 2] = blue >> weightBits;
    }
  }
  return { width, height, data: new Uint8Array(result.buffer) };
}

function resizeColumns({ data, width }: RgbImage, axis: AxisWeights, height: number): RgbImage {
  const { starts, counts, weights, stride } = axis;
  const rowLength = width * 3;
  const result = new Uint8ClampedArray(rowLength * height);
  for (let y = 0; y < height; y += 1) {
    const firstRow = starts[y]! * rowLength;
    const firstTap = y * stride;
    const endTap = firstTap + counts[y]!;
    const to = y * rowLength;
    for (let x = 0; x < rowLength; x += 1) {
      let sum = half;
      for (let tap = firstTap, from = firstRow + x; tap < endTap; tap += 1, from += rowLength) {
        sum = (sum + Math.imul(data[from]!, weights[tap]!)) | 0;
      }
      result[to + x] = sum >> weightBits;
    }
  }
  return { width, height, data: new Uint8Array(result.buffer) };
}
