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
      const factor = scale === 0 ? 0 : 1 / scale;
      for (let index = first; index < end; index += 1) {
        const integer = Math.min(2 * zero - 1, Math.max(0, Math.round((source[index] as number) * factor) + zero));
        const at = place * bytes;
        const offset = index - first;
        if (bits === 8) values[at + offset] = integer;
        else setHalfByte(values, at + (offset >> 1), offset & 1, integer);
      }
    }
  }
  return { values, scales };
}

function setHalfByte(values: Uint8Array, at: number, half: number, integer: number): void {
  const before = values[at] as number;
  values[at] = half === 0 ? (before & 0xf0) | integer : (before & 0x0f) | (integer << 4);
}

/** The element of largest size, with its sign. */
function largest(source: Float32Array, first: number, end: number): number {
  let found = 0;
  for (let index = first; index < end; index += 1) {
    const value = source[index] as number;
    if (Math.abs(value) > Math.abs(found)) found = value;
  }
  return found;
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
      values[input * outFeatures + output] = Math.round((source[first + input] as number) * factor);
    }
  }
  return { values, scales };
}
