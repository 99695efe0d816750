/** Rounds float32 to bfloat16 bits: to nearest, ties to even; NaN stays NaN. */
export function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  for (let index = 0; index < rounded.length; index += 1) {
    const value = bits[index] as number;
    const isNaN = (value & 0x7fffffff) > 0x7f800000;
    rounded[index] = isNaN ? (value >>> 16) | 0x40 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return rounded;
}

/** Rounds float32 to IEEE half-precision bits: to nearest, ties to even; too large becomes infinite, NaN stays NaN. */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  for (let index = 0; index < rounded.length; index += 1) {
    const value = bits[index] as number;
    rounded[index] = ((value >>> 16) & 0x8000) | halfMagnitude(value & 0x7fffffff, Math.abs(values[index] as number));
  }
  return rounded;
}

function halfMagnitude(bits: number, magnitude: number): number {
  if (bits > 0x7f800000) return 0x7e00;
  // 65520 is half way between the largest half and the next power of two.
  if (magnitude >= 65520) return 0x7c00;
  if (magnitude < 2 ** -14) return roundToEven(magnitude * 2 ** 24);
  // Moves the exponent's bias from 127 to 15 and rounds the 13 mantissa bits that have no place.
  const moved = bits - (112 << 23);
  return (moved + 0xfff + ((moved >>> 13) & 1)) >>> 13;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
