/** The whole state of a {@link Random}: four 32-bit words. */
export type RandomState = readonly [number, number, number, number];

/** A deterministic stream of random numbers, equal on every machine. */
export interface Random {
  /** Uniform 32-bit unsigned integer. */
  nextUint32(): number;
  /** Uniform in [0, 1), a multiple of 2^-53. */
  next(): number;
  /** Normal with mean 0 and standard deviation 1. */
  nextNormal(): number;
  /** The state, for {@link restoreRandom}. */
  state(): RandomState;
}

/**
 * Starts a stream from a seed and a name, so that streams of one seed are independent of each other.
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna, period 2^128 - 1), its state filled by SplitMix-style mixing of a
 * FNV-1a hash of `stream`. Not for secrets.
 */
export function createRandom(options: { readonly seed: number; readonly stream?: string }): Random {
  const { seed, stream = '' } = options;
  let mixed = hash(stream) ^ Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.imul(Math.floor(seed / 2 ** 32) >>> 0, 0x85ebca77);
  const word = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    return scramble(mixed);
  };
  const state: RandomState = [word(), word(), word(), word()];
  return restoreRandom(state);
}

/** Continues a stream from a state taken by `state()`. */
export function restoreRandom(state: RandomState): Random {
  let [a, b, c, d] = state;
  // The one state the generator never leaves.
  if ((a | b | c | d) === 0) d = 1;

  function nextUint32(): number {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  }

  function next(): number {
    return ((nextUint32() >>> 5) * 0x4000000 + (nextUint32() >>> 6)) / 2 ** 53;
  }

  return {
    nextUint32,
    next,
    // Box-Muller; the second value is not kept, so that the state is four words and nothing else.
    nextNormal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}

function scramble(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
