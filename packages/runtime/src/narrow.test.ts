import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBfloat16, toFloat16 } from './narrow.ts';

const bfloat = (value: number) => toBfloat16(Float32Array.of(value))[0] ?? NaN;
const half = (value: number) => toFloat16(Float32Array.of(value))[0] ?? NaN;

/** Value of half-precision bits, from the definition of the format. */
function halfValue(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

describe('toFloat16', () => {
  it('gives every half-precision number its own bits', () => {
    for (let bits = 0; bits < 0x10000; bits += 1) {
      const value = halfValue(bits);
      if (!Number.isNaN(value)) expect(half(value)).toBe(bits);
    }
    expect(halfValue(half(NaN))).toBeNaN();
  });

  it('rounds to the nearest, ties to even', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), fc.double({ min: 0, max: 1, noNaN: true }), (bits, share) => {
        const [low, high] = [halfValue(bits), halfValue(bits + 1)];
        const value = Math.fround(low + share * (high - low));
        const middle = (low + high) / 2;
        const expected = value < middle || (value === middle && bits % 2 === 0) ? bits : bits + 1;
        expect(half(value)).toBe(expected);
        expect(half(-value)).toBe(expected | 0x8000);
      }),
    );
    expect([half(65519.99), half(65520), half(1e30)]).toEqual([0x7bff, 0x7c00, 0x7c00]);
  });
});

describe('toBfloat16', () => {
  it('rounds to the nearest, ties to even', () => {
    expect(bfloat(1)).toBe(0x3f80);
    expect(bfloat(1 + 2 ** -8)).toBe(0x3f80);
    expect(bfloat(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(bfloat(1 + 2 ** -8 + 2 ** -20)).toBe(0x3f81);
    expect([bfloat(-Infinity), bfloat(3.4e38)]).toEqual([0xff80, 0x7f80]);
    expect(bfloat(NaN) & 0x7fff).toBeGreaterThan(0x7f80);
  });
});
