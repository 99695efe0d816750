/** Largest number of entries of GIF's code table. */
const tableSize = 4096;
/** Indices between two checks: some milliseconds' worth. */
const checkedLength = 1_000_000;

/**
 * Undoes GIF's LZW compression.
 *
 * @param options.data - The compressed bytes, without their block lengths.
 * @param options.codeSize - Bits of a colour index, 1 to 8.
 * @param options.length - Number of indices wanted; whatever follows is not looked at.
 * @param options.check - Called now and then; may throw to end the work.
 * @throws Error when the data breaks off, ends early or holds an impossible code.
 */
export function decodeLzw(options: {
  readonly data: Uint8Array;
  readonly codeSize: number;
  readonly length: number;
  readonly check: () => void;
}): Uint8Array {
  const { data, codeSize, length, check } = options;
  const clearCode = 2 ** codeSize;
  const endCode = clearCode + 1;
  const result = new Uint8Array(length);
  // Entry n stands for a stretch of the result: where it begins, and how long it is.
  const starts = new Int32Array(tableSize);
  const lengths = new Int32Array(tableSize);
  const nextCode = codeReader(data);
  let bits = codeSize + 1;
  let entries = endCode + 1;
  let written = 0;
  let previousLength = 0;
  let checked = 0;
  while (written < length) {
    if (written - checked >= checkedLength) {
      check();
      checked = written;
    }
    const code = nextCode(bits);
    if (code === endCode) throw new Error('compressed pixels end early');
    if (code === clearCode) {
      bits = codeSize + 1;
      entries = endCode + 1;
      previousLength = 0;
      continue;
    }
    // The entry that this code completes: the previous stretch and the first index of the one that follows it.
    if (previousLength > 0 && entries < tableSize) {
      starts[entries] = written - previousLength;
      lengths[entries] = previousLength + 1;
      entries += 1;
      if (entries === 2 ** bits && bits < 12) bits += 1;
    }
    if (code < clearCode) {
      result[written] = code;
      written += 1;
      previousLength = 1;
      continue;
    }
    if (code >= entries) throw new Error('impossible code in compressed pixels');
    const from = starts[code]!;
    const count = Math.min(lengths[code]!, length - written);
    // One by one, as the stretch may reach into what is being written.
    for (let index = 0; index < count; index += 1) result[written + index] = result[from + index]!;
    written += count;
    previousLength = lengths[code]!;
  }
  return result;
}

/** Reads codes of a given number of bits, least significant bit first. */
function codeReader(data: Uint8Array): (bits: number) => number {
  let position = 0;
  let buffer = 0;
  let available = 0;
  return (bits) => {
    for (; available < bits; available += 8) {
      if (position >= data.length) throw new Error('compressed pixels break off');
      buffer |= data[position]! << available;
      position += 1;
    }
    const code = buffer & (2 ** bits - 1);
    buffer >>>= bits;
    available -= bits;
    return code;
  };
}
