import type { MemoryLayout } from './memory-layout.ts';
import { margin, type KernelRows, type Pass } from './pass.ts';
import { axisWeights, type ResizeFilter } from './resample.ts';
import { packWeights } from './weight-tables.ts';

/** Plans how to resize a picture in the kernel's memory along its columns. */
export function planColumnPass(
  source: KernelRows,
  { height, filter, layout }: { readonly height: number; readonly filter: ResizeFilter; readonly layout: MemoryLayout },
): Pass {
  if (height === source.height) return { result: source, run: () => undefined };
  const { width } = source;
  const stride = width * 3;
  const axis = axisWeights(source.height, height, filter);
  const { halves } = packWeights(axis, 2);
  const weightsPlace = layout.place(halves.byteLength);
  const place = layout.place(height * stride + margin);
  return {
    result: { place, stride, width, height },
    run: ({ bytes, resizeColumns }) => {
      bytes.set(new Uint8Array(halves.buffer), weightsPlace);
      const rowWeights = halves.byteLength / height;
      for (let y = 0; y < height; y += 1) {
        const firstRow = source.place + axis.starts[y]! * source.stride;
        const pairs = Math.ceil(axis.counts[y]! / 2);
        resizeColumns(firstRow, source.stride, place + y * stride, stride, weightsPlace + y * rowWeights, pairs);
      }
    },
  };
}
