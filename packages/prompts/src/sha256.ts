const blockBytes = 64;

/** SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits. Synchronous, which the browser's own is not. FIPS 180-4. */
export function sha256(text: string): string {
  const state = initialState.slice();
  const blocks = pad(new TextEncoder().encode(text));
  for (let start = 0; start < blocks.byteLength; start += blockBytes) mixBlock(state, blocks, start);
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}

/** The bytes, a single 1 bit, zeros up to whole blocks, and the length in bits as the last eight bytes. */
function pad(bytes: Uint8Array): DataView {
  const size = Math.ceil((bytes.length + 9) / blockBytes) * blockBytes;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(size - 8, BigInt(bytes.length) * 8n);
  return view;
}

function mixBlock(state: Uint32Array, blocks: DataView, start: number): void {
  const words = expand(blocks, start);
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let round = 0; round < 64; round += 1) {
    const sumE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + sumE + choice + roundConstants[round]! + words[round]!) | 0;
    const sumA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + sumA + majority) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index]! += word;
  });
}

/** The sixteen words of a block and the 48 made from them. */
function expand(blocks: DataView, start: number): Int32Array {
  const words = new Int32Array(64);
  for (let index = 0; index < 16; index += 1) words[index] = blocks.getInt32(start + 4 * index);
  for (let index = 16; index < 64; index += 1) {
    const [early, late] = [words[index - 15]!, words[index - 2]!];
    const mixEarly = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const mixLate = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[index] = words[index - 16]! + mixEarly + words[index - 7]! + mixLate;
  }
  return words;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

const primes = /* @__PURE__ */ firstPrimes(64);

// By definition: the first 32 bits of the fractional parts of the primes' square roots (state) and cube roots (rounds).
const initialState = /* @__PURE__ */ words(8, Math.sqrt);
const roundConstants = /* @__PURE__ */ words(64, Math.cbrt);

function words(count: number, root: (prime: number) => number): Uint32Array {
  return Uint32Array.from(primes.slice(0, count), (prime) => Math.floor((root(prime) % 1) * 2 ** 32));
}

function firstPrimes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate += 1) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}
