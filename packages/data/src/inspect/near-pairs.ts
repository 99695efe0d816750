import { hashDistance, type PerceptualHash } from './perceptual-hash.ts';

/** Largest distance that {@link findNearPairs} can find all pairs for. @internal */
const largestDistance = 15;

/**
 * Calls `found` for every pair of different hashes at most `maxDistance` bits apart, at least once.
 *
 * Hashes are cut into 16 pieces of 16 bits: two that differ in at most 15 bits have a piece in common, so only those that
 * share a piece are compared.
 *
 * @internal
 */
export function findNearPairs(
  hashes: readonly PerceptualHash[],
  maxDistance: number,
  found: (first: number, second: number) => void,
): void {
  if (maxDistance > largestDistance) throw new RangeError(`maxDistance ${maxDistance} is more than ${largestDistance}`);
  for (let piece = 0; piece < 16; piece += 1) {
    const buckets = new Map<number, number[]>();
    for (const [index, hash] of hashes.entries()) {
      const key = ((hash[piece >>> 1] ?? 0) >>> (16 * (piece & 1))) & 0xffff;
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [index]);
      else {
        for (const other of bucket) if (hashDistance(hashes[other] ?? hash, hash) <= maxDistance) found(other, index);
        bucket.push(index);
      }
    }
  }
}
