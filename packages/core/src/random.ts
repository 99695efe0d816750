/** State of a {@link Random}: four unsigned 32-bit integers, safe to store as JSON. */
export type RandomState = readonly [number, number, number, number];

/** A seeded source of random numbers: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2^-53. */
  next(): number;
  /** Uniform unsigned 32-bit integer. */
  uint32(): number;
  /** Uniform integer in [0, bound), without bias. `bound` is a positive integer up to 2^32. */
  integer(bound: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** What {@link restoreRandom} continues from. */
  state(): RandomState;
}

/**
 * A random number generator seeded by one or several integers and names, such as `[seed, epoch]` or `[seed, 'weight']`: each
 * list gives its own, unrelated sequence. Not for secrets.
 *
 * xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it), seeded through the finaliser of MurmurHash3; names
 * through FNV-1a.
 */
export function createRandom(seed: number | readonly (number | string)[]): Random {
  const words: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x2545f491];
  let hash = 0;
  for (const part of typeof seed === 'number' ? [seed] : seed) {
    // Both halves of a 53-bit integer count, and so does the place of a part in the list.
    const value = typeof part === 'number' ? part : hashName(part);
    for (const half of [value >>> 0, Math.floor(value / 2 ** 32) >>> 0]) {
      words.forEach((word, index) => {
        hash = mix((hash ^ half ^ word) + Math.imul(index + 1, 0x9e3779b9));
        words[index] = (word ^ hash) >>> 0;
      });
    }
  }
  return restoreRandom(words);
}

/** FNV-1a of the name's UTF-8 bytes, 32 bits. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Continues a random number generator from the state it had. */
export function restoreRandom(state: RandomState): Random {
  // An all-zero state would yield zeros for ever.
  let [a, b, c, d] = state.some((word) => word !== 0) ? state : ([1, 0, 0, 0] as const);
  const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
  const uint32 = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  const integer = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) throw new RangeError(`bound ${bound} is not in 1..2^32`);
    // Values at or above the largest multiple of bound would favour small results.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = uint32();
    while (value >= limit) value = uint32();
    return value % bound;
  };
  const next = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53;
  // Box and Muller's transform; its second value is not kept, so that the state is four words and nothing else.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return { next, uint32, integer, normal, state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0] };
}
