import type { RgbImage } from '@mmhs/core';

import { roundUp, type MemoryLayout } from './memory-layout.ts';
import { margin, type Pass } from './pass.ts';
import { axisWeights, type ResizeFilter } from './resample.ts';
import { packWeights } from './weight-tables.ts';

/** Rows the kernel resizes at a time. */
const rowsAtOnce = 4;
/** Input rows come into the kernel's memory in bands of about this size, which a processor's cache can hold. */
const bandBytes = 256 * 1024;

/** Plans how to bring a picture into the kernel's memory, resized along its rows unless its width stays the same. */
export function planRowPass(
  image: RgbImage,
  { width, filter, layout }: { readonly width: number; readonly filter: ResizeFilter; readonly layout: MemoryLayout },
): Pass {
  return width === image.width ? planCopy(image, layout) : planResize(image, { width, filter, layout });
}

function planCopy({ width, height, data }: RgbImage, layout: MemoryLayout): Pass {
  const stride = width * 3;
  // The kernel reads rows in pairs: one more than there are.
  const place = layout.place((height + 1) * stride + margin);
  return { result: { place, stride, width, height }, run: ({ bytes }) => bytes.set(data, place) };
}

function planResize(
  image: RgbImage,
  { width, filter, layout }: { readonly width: number; readonly filter: ResizeFilter; readonly layout: MemoryLayout },
): Pass {
  const axis = axisWeights(image.width, width, filter);
  const starts = axis.starts.map((start) => start * 3);
  const { halves, groups } = packWeights(axis, 4);
  const sourceStride = image.width * 3;
  const bandRows = roundUp(Math.max(1, Math.min(image.height, bandBytes / sourceStride)), rowsAtOnce);
  const startsPlace = layout.place(starts.byteLength);
  const weightsPlace = layout.place(halves.byteLength);
  const bandPlace = layout.place(bandRows * sourceStride + groups * 12 + margin);
  const stride = roundUp(width * 3 + 1, 16);
  const place = layout.place((roundUp(image.height, rowsAtOnce) + 1) * stride + margin);
  return {
    result: { place, stride, width, height: image.height },
    run: ({ bytes, resizeRows }) => {
      bytes.set(bytesOf(starts), startsPlace);
      bytes.set(bytesOf(halves), weightsPlace);
      for (let top = 0; top < image.height; top += bandRows) {
        const end = Math.min(top + bandRows, image.height);
        bytes.set(image.data.subarray(top * sourceStride, end * sourceStride), bandPlace);
        for (let y = top; y < end; y += rowsAtOnce) {
          const source = bandPlace + (y - top) * sourceStride;
          resizeRows(source, sourceStride, place + y * stride, stride, width, startsPlace, weightsPlace, groups);
        }
      }
    },
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
