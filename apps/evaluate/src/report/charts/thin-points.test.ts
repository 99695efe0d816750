import { describe, expect, it } from 'vitest';
import { thinPoints } from './thin-points.ts';

describe('thinPoints', () => {
  const curve = Array.from({ length: 10_001 }, (_, index) => ({ x: index / 10_000, y: (index / 10_000) ** 2 }));

  it('keeps the ends, and leaves no point farther than the distance from its kept neighbour', () => {
    const kept = thinPoints(curve);
    expect([kept[0], kept.at(-1)]).toEqual([curve[0], curve.at(-1)]);
    expect(kept.length).toBeLessThan(300);
    kept.slice(1).forEach(({ x, y }, index) => {
      const last = kept[index] as (typeof kept)[number];
      expect(Math.max(x - last.x, y - last.y)).toBeLessThan(0.0061);
    });
  });

  it('keeps every point of a coarse curve', () => {
    const coarse = [{ x: 0, y: 1 }, { x: 0, y: 0.5 }, { x: 0.5, y: 0.5 }, { x: 1, y: 0.1 }];
    expect(thinPoints(coarse)).toEqual(coarse);
  });
});
