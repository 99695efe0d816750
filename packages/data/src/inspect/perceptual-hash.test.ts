import { createRandom, type Random, type RgbImage } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNearPairs } from './near-pairs.ts';
import { hashDistance, perceptualHash, type PerceptualHash } from './perceptual-hash.ts';

type Painter = (x: number, y: number) => number;

/** Soft blobs of light on [0, 1) x [0, 1). */
function scene(random: Random): Painter {
  const blobs = Array.from({ length: 8 }, () => ({ x: random.next(), y: random.next(), size: 0.05 + random.next() / 4, light: random.next() }));
  return (x, y) => blobs.reduce((sum, blob) => sum + blob.light * Math.exp(-(((x - blob.x) ** 2 + (y - blob.y) ** 2) / blob.size ** 2)), 0) * 80;
}

function paint(width: number, height: number, brightness: Painter): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data.fill(brightness((x + 0.5) / width, (y + 0.5) / height), 3 * (y * width + x), 3 * (y * width + x) + 3);
  }
  return { width, height, data };
}

const hashOf = (image: RgbImage): PerceptualHash => perceptualHash(image) ?? expect.fail('no hash');

describe('perceptualHash', () => {
  it('hardly changes when a picture is scaled, brightened or made noisy', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const look = scene(createRandom(seed));
      const noise = createRandom(100 + seed);
      const original = hashOf(paint(200, 160, look));
      expect(hashDistance(original, hashOf(paint(90, 71, look)))).toBeLessThanOrEqual(15);
      expect(hashDistance(original, hashOf(paint(200, 160, (x, y) => look(x, y) + 15)))).toBeLessThanOrEqual(10);
      expect(hashDistance(original, hashOf(paint(200, 160, (x, y) => look(x, y) + 2 * noise.next())))).toBeLessThanOrEqual(10);
    }
  });

  it('is far apart for different pictures', () => {
    const hashes = Array.from({ length: 12 }, (_, seed) => hashOf(paint(120, 90, scene(createRandom(seed)))));
    for (const [index, hash] of hashes.entries()) {
      for (const other of hashes.slice(index + 1)) expect(hashDistance(hash, other)).toBeGreaterThan(40);
    }
  });

  it('says which neighbour is brighter: all bits for a ramp, none for its mirror image', () => {
    const ramp = hashOf(paint(170, 32, (x) => 250 * x));
    expect([...ramp]).toEqual(new Array(8).fill(0xffffffff));
    expect([...hashOf(paint(170, 32, (x) => 250 * (1 - x)))]).toEqual(new Array(8).fill(0));
  });

  it('is undefined for a plain picture, and there for one of a few pixels', () => {
    expect(perceptualHash(paint(64, 64, () => 200))).toBeUndefined();
    expect(perceptualHash(paint(2, 1, (x) => 255 * Math.round(x)))).toBeDefined();
  });
});

describe('findNearPairs', () => {
  it('finds exactly the pairs within the distance', () => {
    const bits = fc.uniqueArray(fc.nat(255), { maxLength: 16 });
    const cases = fc.array(fc.record({ base: fc.nat(2), flipped: bits }), { maxLength: 12 });
    fc.assert(
      fc.property(cases, fc.nat(15), (specs, maxDistance) => {
        const bases = [0, 1, 2].map((seed) => Uint32Array.from({ length: 8 }, createRandom(seed).uint32));
        const hashes = specs.map(({ base, flipped }) => {
          const hash = Uint32Array.from(bases[base]!);
          for (const bit of flipped) hash[bit >>> 5]! ^= 1 << (bit & 31);
          return hash;
        });
        const found = new Set<string>();
        findNearPairs(hashes, maxDistance, (first, second) => found.add(`${first} ${second}`));
        const expected = hashes.flatMap((hash, second) =>
          hashes.slice(0, second).flatMap((other, first) => (hashDistance(hash, other) <= maxDistance ? [`${first} ${second}`] : [])),
        );
        expect([...found].sort()).toEqual(expected.sort());
      }),
    );
    expect(() => findNearPairs([], 16, () => undefined)).toThrow(RangeError);
  });
});
