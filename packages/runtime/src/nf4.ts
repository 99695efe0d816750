import { borrowKernel } from './kernel.ts';
import type { QuantizedValues } from './quantize-weight.ts';
import type { StoredNumbers } from './stored-numbers.ts';

/** Elements that share a scale, as the kernel takes them. */
const blockSize = 64;

/** Elements rounded at once, a multiple of the block: few enough for the processor's cache. */
const elementsAtOnce = 2 ** 16;

/** The kernel widens eight numbers at a time. */
const overreadBytes = 16;

/**
 * Rounds a flattened weight to NF4 (Dettmers et al. 2023, https://arxiv.org/abs/2305.14314) as bitsandbytes does: a scale, its largest
 * size, for each block of 64; then the nearest level of each element over it. Two codes a byte, the first in the high half
 * (onnxruntime's MatMulBnb4); a last code without a partner is followed by that of zero.
 */
export function quantizeNf4(source: StoredNumbers): QuantizedValues {
  const { length } = source.data;
  const values = new Uint8Array(Math.ceil(length / 2));
  const scales = new Float32Array(Math.ceil(length / blockSize));
  // Float32 numbers, then codes, then scales. Bfloat16 numbers lie where codes and scales come later.
  const [codesAt, scalesAt] = [4 * elementsAtOnce, 4.5 * elementsAtOnce];
  const kernel = borrowKernel(6 * elementsAtOnce + overreadBytes);
  const stored = source.type === 'float32'
    ? new Float32Array(kernel.buffer, 0, elementsAtOnce)
    : new Uint16Array(kernel.buffer, codesAt, elementsAtOnce);
  for (let start = 0; start < length; start += elementsAtOnce) {
    const count = Math.min(elementsAtOnce, length - start);
    const blocks = Math.ceil(count / blockSize);
    stored.set(source.data.subarray(start, start + count));
    stored.fill(0, count, blocks * blockSize);
    if (source.type === 'bfloat16') kernel.widenBfloat16(codesAt, blocks * blockSize, 0);
    kernel.roundNf4(0, blocks, codesAt, scalesAt);
    values.set(new Uint8Array(kernel.buffer, codesAt, Math.ceil(count / 2)), start / 2);
    scales.set(new Float32Array(kernel.buffer, scalesAt, blocks), start / blockSize);
  }
  return { values, scales };
}
