/** A resampling kernel of Pillow's. */
export type ResizeFilter = 'bilinear' | 'bicubic' | 'lanczos';

/** What a weight of 1 is as a whole number: weights have 22 bits after the binary point. */
const one = 2 ** 22;

/** Which input positions make up each output position along one axis, and how much of each. */
export interface AxisWeights {
  /** First input position of each output position. */
  readonly starts: Int32Array;
  /** Number of input positions of each output position. */
  readonly counts: Int32Array;
  /** Fixed-point weights, `[output, stride]` row-major; they sum to about 2^22 per output position. */
  readonly weights: Int32Array;
  readonly stride: number;
}

interface Kernel {
  readonly support: number;
  readonly value: (x: number) => number;
}

const kernels: Readonly<Record<ResizeFilter, Kernel>> = {
  bilinear: { support: 1, value: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, value: keys },
  lanczos: { support: 3, value: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/**
 * Weights of one axis, the same to the last bit as Pillow's: the kernel widens when shrinking, is cut at the borders,
 * normalised in double precision and rounded to 22 bits.
 */
export function axisWeights(inputSize: number, outputSize: number, filter: ResizeFilter): AxisWeights {
  const { support: baseSupport, value } = kernels[filter];
  const scale = inputSize / outputSize;
  const kernelScale = Math.max(scale, 1);
  const support = baseSupport * kernelScale;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const exact = new Float64Array(stride);
  for (let output = 0; output < outputSize; output += 1) {
    const center = (output + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let tap = 0; tap < count; tap += 1) {
      exact[tap] = value((tap + start - center + 0.5) * (1 / kernelScale));
      sum += exact[tap]!;
    }
    for (let tap = 0; tap < count; tap += 1) weights[output * stride + tap] = toFixedPoint(exact[tap]! / sum);
    starts[output] = start;
    counts[output] = count;
  }
  return { starts, counts, weights, stride };
}

function toFixedPoint(weight: number): number {
  return Math.trunc(weight * one + (weight < 0 ? -0.5 : 0.5));
}

/** Keys' cubic with a = -0.5. */
function keys(x: number): number {
  const a = -0.5;
  const distance = Math.abs(x);
  if (distance < 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * a;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
