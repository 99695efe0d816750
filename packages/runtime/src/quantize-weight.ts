import type { QuantizedWeight } from '@mmhs/core';

/** Small integers and scales of a weight, laid out as onnxruntime's operators take them. */
export interface QuantizedValues {
  readonly values: Uint8Array | Int8Array;
  readonly scales: Float32Array;
}

/** Rounds a weight `[outFeatures, inFeatures]` to fewer bits. */
export function quantizeWeight(weight: QuantizedWeight, source: Float32Array): QuantizedValues {
  switch (weight.precision) {
    case 'weights-int4':
      return quantizeBlocks(weight, source, 4);
    case 'weights-int8':
      return quantizeBlocks(weight, source, 8);
    case 'int8':
      return quantizeOutputs(weight, source);
  }
}

/**
 * A scale a block of inputs; integers from 0 with the zero in the middle, low half-byte first (onnxruntime's MatMulNBits).
 *
 * The value of largest size becomes the lowest integer, which has no counterpart above the zero.
 */
function quantizeBlocks({ outFeatures, inFeatures, blockSize }: QuantizedWeight, source: Float32Array, bits: 4 | 8): QuantizedValues {
  const blocks = Math.ceil(inFeatures / blockSize);
  const zero = 2 ** (bits - 1);
  const bytes = (blockSize * bits) / 8;
  const values = new Uint8Array(outFeatures * blocks * bytes).fill(bits === 8 ? zero : zero * 17);
  const scales = new Float32Array(outFeatures * blocks);
  for (let output = 0; output < outFeatures; output += 1) {
    for (let block = 0; block < blocks; block += 1) {
      const first = output * inFeatures + block * blockSize;
      const end = Math.min(first + blockSize, (output + 1) * inFeatures);
      const scale = Math.fround(-largest(source, first, end) / zero);
      const place = output * blocks + block;
      scales[place] = scale;
      if (scale === 0) continue;
      const rounding = { source, factor: 1 / scale, zero, values, at: place * bytes, first, end };
      if (bits === 8) roundBytes(rounding);
      else roundHalfBytes(rounding);
    }
  }
  return { values, scales };
}

interface BlockRounding {
  readonly source: Float32Array;
  readonly factor: number;
  readonly zero: number;
  readonly values: Uint8Array;
  /** Where the block begins in `values`, and which elements of `source` it takes. */
  readonly at: number;
  readonly first: number;
  readonly end: number;
}

function roundBytes({ source, factor, zero, values, at, first, end }: BlockRounding): void {
  const highest = 2 * zero - 1;
  // Cutting off a positive number's fraction is the fast way to round.
  const shift = zero + 0.5;
  for (let index = first, place = at; index < end; index += 1, place += 1) {
    const integer = ((source[index] as number) * factor + shift) | 0;
    values[place] = integer > highest ? highest : integer;
  }
}

function roundHalfBytes({ source, factor, zero, values, at, first, end }: BlockRounding): void {
  const highest = 2 * zero - 1;
  const shift = zero + 0.5;
  for (let index = first, place = at; index < end; index += 2, place += 1) {
    const low = ((source[index] as number) * factor + shift) | 0;
    const high = index + 1 < end ? ((source[index + 1] as number) * factor + shift) | 0 : zero;
    values[place] = (low > highest ? highest : low) | ((high > highest ? highest : high) << 4);
  }
}

/** The element of largest size, with its sign. */
function largest(source: Float32Array, first: number, end: number): number {
  let highest = 0;
  let lowest = 0;
  for (let index = first; index < end; index += 1) {
    const value = source[index] as number;
    if (value > highest) highest = value;
    else if (value < lowest) lowest = value;
  }
  return highest >= -lowest ? highest : lowest;
}

/** 7 bits: two products of an 8-bit input and a 7-bit weight fit the 16 bits in which x86 without VNNI adds them. */
const outputLevels = 63;

/** A scale an output; integers around zero, `[inFeatures, outFeatures]` (onnxruntime's DynamicQuantizeMatMul). */
function quantizeOutputs({ outFeatures, inFeatures }: QuantizedWeight, source: Float32Array): QuantizedValues {
  const values = new Int8Array(inFeatures * outFeatures);
  const scales = new Float32Array(outFeatures);
  for (let output = 0; output < outFeatures; output += 1) {
    const first = output * inFeatures;
    const scale = Math.fround(Math.abs(largest(source, first, first + inFeatures)) / outputLevels);
    scales[output] = scale;
    const factor = scale === 0 ? 0 : 1 / scale;
    for (let input = 0; input < inFeatures; input += 1) {
      values[input * outFeatures + output] = (((source[first + input] as number) * factor + outputLevels + 0.5) | 0) - outputLevels;
    }
  }
  return { values, scales };
}
