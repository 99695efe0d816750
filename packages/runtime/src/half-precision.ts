/** Widens bfloat16 bit patterns to float32 exactly: a bfloat16 is the upper half of a float32. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) wide[i] = (bits[i] as number) << 16;
  return new Float32Array(wide.buffer);
}

/** Widens IEEE half-precision bit patterns to float32 exactly, subnormals, infinities and NaNs included. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const wide = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i += 1) {
    const half = bits[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = half & 0x7c00;
    const mantissa = half & 0x03ff;
    if (exponent === 0) {
      values[i] = (sign === 0 ? mantissa : -mantissa) * 2 ** -24;
    } else if (exponent === 0x7c00) {
      wide[i] = sign | 0x7f800000 | (mantissa << 13);
    } else {
      wide[i] = sign | ((exponent + 0x1c000) << 13) | (mantissa << 13);
    }
  }
  return values;
}
