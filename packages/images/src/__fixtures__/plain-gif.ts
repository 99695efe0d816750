/**
 * A GIF of one colour whose few kilobytes unfold into `width` x `height` pixels: each code stands for one pixel more than
 * the one before, up to 4,090 pixels.
 */
export function plainGif({ width, height }: { readonly width: number; readonly height: number }): Uint8Array {
  const size = [width & 255, width >> 8, height & 255, height >> 8];
  const screen = [...Buffer.from('GIF89a'), ...size, 0x80, 0, 0, 200, 100, 50, 0, 0, 0];
  const frame = [0x2c, 0, 0, 0, 0, ...size, 0, firstBits - 1];
  const codes = packCodes(width * height);
  const blocks = Array.from({ length: Math.ceil(codes.length / 255) }, (_, index) => {
    const block = codes.slice(index * 255, (index + 1) * 255);
    return [block.length, ...block];
  });
  return Uint8Array.from([...screen, ...frame, ...blocks.flat(), 0, 0x3b]);
}

const firstBits = 3;
const clearCode = 4;

/** Codes for so many pixels of colour 0, least significant bit first. */
function packCodes(pixels: number): number[] {
  const bytes: number[] = [];
  let [buffer, available] = [0, 0];
  const emit = (code: number, bits: number): void => {
    buffer |= code << available;
    for (available += bits; available >= 8; available -= 8, buffer >>= 8) bytes.push(buffer & 255);
  };
  emit(clearCode, firstBits);
  emit(0, firstBits);
  let bits = firstBits;
  for (let [code, length, written] = [clearCode + 2, 2, 1]; written < pixels; written += length - 1) {
    emit(code, bits);
    length += code < 4095 ? 1 : 0;
    code += code < 4095 ? 1 : 0;
    if (code === 2 ** bits && bits < 12) bits += 1;
  }
  emit(0, 8);
  return bytes;
}
