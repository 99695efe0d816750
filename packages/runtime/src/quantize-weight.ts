import type { QuantizedWeight } from '@mmhs/core';
import { borrowKernel } from './kernel.ts';
import { quantizeNf4 } from './nf4.ts';
import type { StoredNumbers } from './stored-numbers.ts';

/** Small integers and scales of a weight, laid out as onnxruntime's operators take them. */
export interface QuantizedValues {
  readonly values: Uint8Array | Int8Array;
  readonly scales: Float32Array;
}

/** Rounds a weight `[outFeatures, inFeatures]` to fewer bits. */
export function quantizeWeight(weight: QuantizedWeight, source: StoredNumbers): QuantizedValues {
  switch (weight.precision) {
    case 'weights-int4':
      return quantizeBlocks(weight, source, 4);
    case 'weights-int8':
      return quantizeBlocks(weight, source, 8);
    case 'weights-nf4':
      return quantizeNf4(source);
    case 'int8':
      return quantizeOutputs(weight, source);
  }
}

/**
 * A scale a block of inputs; integers from 0 with the zero in the middle, low half-byte first (onnxruntime's MatMulNBits).
 *
 * The value of largest size becomes the lowest integer, which has no counterpart above the zero.
 */
function quantizeBlocks(weight: QuantizedWeight, source: StoredNumbers, bits: 4 | 8): QuantizedValues {
  const { outFeatures, inFeatures, blockSize } = weight;
  const blocks = Math.ceil(inFeatures / blockSize);
  const zero = 2 ** (bits - 1);
  const rowBytes = (blocks * blockSize * bits) / 8;
  const values = new Uint8Array(outFeatures * rowBytes);
  const scales = new Float32Array(outFeatures * blocks);
  roundRows({ weight, source, rowLength: blocks * blockSize, blockLength: blockSize, divisor: -zero, zero, layout: bits === 4 ? 'halves' : 'rows' }, (row, rounded) => {
    values.set(rounded.bytes, row * rowBytes);
    scales.set(rounded.scales, row * blocks);
  });
  return { values, scales };
}

/** 7 bits: two products of an 8-bit input and a 7-bit weight fit the 16 bits in which x86 without VNNI adds them. */
const outputLevels = 63;

/** A scale an output; integers around zero, `[inFeatures, outFeatures]` (onnxruntime's DynamicQuantizeMatMul). */
function quantizeOutputs(weight: QuantizedWeight, source: StoredNumbers): QuantizedValues {
  const { outFeatures, inFeatures } = weight;
  const values = new Int8Array(inFeatures * outFeatures);
  const scales = new Float32Array(outFeatures);
  const rowLength = Math.ceil(inFeatures / 4) * 4;
  roundRows({ weight, source, rowLength, blockLength: rowLength, divisor: outputLevels, zero: outputLevels, layout: 'columns' }, (row, rounded) => {
    const rows = rounded.scales.length;
    scales.set(rounded.scales, row);
    for (let input = 0; input < inFeatures; input += 1) values.set(rounded.bytes.subarray(input * rows, (input + 1) * rows), input * outFeatures + row);
  });
  return { values, scales };
}

interface Rounding {
  readonly weight: QuantizedWeight;
  readonly source: StoredNumbers;
  /** Elements of a row with its padding. */
  readonly rowLength: number;
  /** Elements that share a scale; a divisor of the row's. */
  readonly blockLength: number;
  readonly divisor: number;
  readonly zero: number;
  /** A byte an integer; or two integers in a byte; or bytes around zero, transposed. */
  readonly layout: 'rows' | 'halves' | 'columns';
}

/** Elements rounded at once: few enough for the processor's cache, many enough for what each piece costs. */
const elementsAtOnce = 2 ** 18;

/** The kernel widens eight numbers at a time. */
const overreadBytes = 16;

/** Rounds some rows after the other by the kernel; what it hands over is valid until the next rows. */
function roundRows(
  { weight, source, rowLength, blockLength, divisor, zero, layout }: Rounding,
  take: (row: number, rounded: { readonly bytes: Uint8Array; readonly scales: Float32Array }) => void,
): void {
  const { outFeatures, inFeatures } = weight;
  const most = Math.min(outFeatures, Math.max(1, Math.floor(elementsAtOnce / rowLength)));
  const elements = most * rowLength;
  const blocks = rowLength / blockLength;
  // Float32 numbers, then bytes, then bytes in the layout wanted, then scales. Bfloat16 numbers lie where bytes come later.
  const [bytesAt, laidOutAt, scalesAt] = [4 * elements, 5 * elements, 6 * elements];
  const kernel = borrowKernel(scalesAt + 4 * most * blocks + overreadBytes);
  const stored = source.type === 'float32' ? new Float32Array(kernel.buffer, 0, elements) : new Uint16Array(kernel.buffer, bytesAt, elements);
  for (let row = 0; row < outFeatures; row += most) {
    const rows = Math.min(most, outFeatures - row);
    for (let next = 0; next < rows; next += 1) {
      const first = (row + next) * inFeatures;
      stored.set(source.data.subarray(first, first + inFeatures), next * rowLength);
      stored.fill(0, next * rowLength + inFeatures, (next + 1) * rowLength);
    }
    const length = rows * rowLength;
    if (source.type === 'bfloat16') kernel.widenBfloat16(bytesAt, length, 0);
    kernel.roundBlocks(0, rows * blocks, blockLength, divisor, zero, bytesAt, scalesAt);
    if (layout === 'halves') kernel.joinHalves(bytesAt, length, laidOutAt);
    if (layout === 'columns') kernel.transposeBytes(bytesAt, rows, rowLength, zero, laidOutAt);
    take(row, {
      bytes: new Uint8Array(kernel.buffer, layout === 'rows' ? bytesAt : laidOutAt, layout === 'halves' ? length / 2 : length),
      scales: new Float32Array(kernel.buffer, scalesAt, rows * blocks),
    });
  }
}
