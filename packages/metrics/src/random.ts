/** Uniform numbers in [0, 1), the same for the same seed everywhere. */
export type Random = () => number;

/** Creates a seeded generator (xoshiro128**, seeded by SplitMix32; Blackman and Vigna 2018). */
export function createRandom(seed: number): Random {
  let mixed = seed >>> 0;
  const splitMix = (): number => {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let value = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
    return (value ^ (value >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [splitMix(), splitMix(), splitMix(), splitMix()];
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result / 4_294_967_296;
  };
}

/** Numbers 0 to `size` - 1 in random order (Fisher-Yates). */
export function shuffledIndices(size: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
