import { widenBfloat16 } from './half-precision.ts';
import type { QuantizedValues } from './quantize-weight.ts';
import type { StoredNumbers } from './stored-numbers.ts';

/** The 16 levels of NF4 (Dettmers et al. 2023, https://arxiv.org/abs/2305.14314, appendix E). */
const levels = Float32Array.of(
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
  0.7229568362236023, 1,
);

/** From here on the next level is nearer. */
const thresholds = Float32Array.from({ length: 15 }, (_, code) => ((levels[code] as number) + (levels[code + 1] as number)) / 2);

/** Cells of [-1, 1], so narrow that no two thresholds share one. */
const cells = 64;

/** For each cell the code at its lower end, and the threshold above that. The last cell is 1 alone. */
const firstCodes = Uint8Array.from({ length: cells + 1 }, (_, cell) => thresholds.filter((threshold) => threshold <= (2 * cell) / cells - 1).length);
const nextThresholds = Float32Array.from(firstCodes, (code) => thresholds[code] ?? 2);

/** Elements widened at once. */
const elementsAtOnce = 2 ** 16;

/**
 * Rounds a flattened weight to NF4 as bitsandbytes does: a scale, its largest size, for each block; then the nearest level of each
 * element over it. Two codes a byte, the first in the high half (onnxruntime's MatMulBnb4).
 */
export function quantizeNf4(source: StoredNumbers, blockSize: number): QuantizedValues {
  const { length } = source.data;
  const values = new Uint8Array(Math.ceil(length / 2));
  const scales = new Float32Array(Math.ceil(length / blockSize));
  for (let start = 0; start < length; start += elementsAtOnce) {
    const end = Math.min(start + elementsAtOnce, length);
    const numbers = source.type === 'float32' ? source.data.subarray(start, end) : widenBfloat16(source.data.subarray(start, end));
    roundBlocks(numbers, blockSize, values.subarray(start / 2), scales.subarray(start / blockSize));
  }
  return { values, scales };
}

function roundBlocks(numbers: Float32Array, blockSize: number, values: Uint8Array, scales: Float32Array): void {
  for (let first = 0, block = 0; first < numbers.length; first += blockSize, block += 1) {
    const end = Math.min(first + blockSize, numbers.length);
    let largest = 0;
    for (let index = first; index < end; index += 1) {
      const size = Math.abs(numbers[index] as number);
      if (size > largest) largest = size;
    }
    scales[block] = largest;
    // A float32 factor and float32 products, as the reference computes.
    const factor = largest === 0 ? 0 : Math.fround(1 / largest);
    for (let index = first; index < end; index += 2) {
      const second = index + 1 < end ? nearestCode(Math.fround((numbers[index + 1] as number) * factor)) : zeroCode;
      values[index >> 1] = (nearestCode(Math.fround((numbers[index] as number) * factor)) << 4) | second;
    }
  }
}

const zeroCode = 7;

function nearestCode(value: number): number {
  const cell = ((value + 1) * (cells / 2)) | 0;
  const code = firstCodes[cell] as number;
  return value > (nextThresholds[cell] as number) ? code + 1 : code;
}
