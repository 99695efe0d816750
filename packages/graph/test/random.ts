import { array64, sizeOf, type Array64 } from './array64.ts';

/** A seeded source of numbers in [0, 1). */
export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for test inputs. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Uniform numbers in [low, high). */
export function uniform(random: Random, shape: readonly number[], low = -1, high = 1): Array64 {
  return array64(shape, Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random()));
}

/** Uniform whole numbers 0 .. below-1. */
export function wholeNumbers(random: Random, shape: readonly number[], below: number): Array64 {
  return array64(shape, Array.from({ length: sizeOf(shape) }, () => Math.floor(random() * below)));
}
