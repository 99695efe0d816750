import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { smartResize } from './smart-resize.ts';

const published = { factor: 28, minPixels: 3136, maxPixels: 12_845_056 };

describe('smartResize', () => {
  // [height, width] -> [height, width], of the reference.
  it.each([
    [[224, 224], [224, 224]],
    [[960, 1280], [952, 1288]],
    [[28, 28], [56, 56]],
    [[14, 70], [28, 140]],
    [[42, 42], [56, 56]],
    // 2.5 squares round to the even number, 2.
    [[70, 70], [56, 56]],
    [[5000, 5000], [3556, 3556]],
  ])('%o becomes %o', ([height = 0, width = 0], [expectedHeight, expectedWidth]) => {
    expect(smartResize({ height, width }, published)).toEqual({ height: expectedHeight, width: expectedWidth });
  });

  it('gives whole squares between the two areas, or the narrowest that can be', () => {
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(fc.property(side, side, fc.integer({ min: 4, max: 300 }), (width, height, tokens) => {
      fc.pre(Math.max(width, height) <= 200 * Math.min(width, height));
      const size = smartResize({ width, height }, { factor: 28, minPixels: 4 * 784, maxPixels: tokens * 784 });
      expect([size.width % 28, size.height % 28]).toEqual([0, 0]);
      const area = size.width * size.height;
      const narrow = Math.min(size.width, size.height) === 28;
      // Enlarging rounds up and may overshoot a maximum next to the minimum.
      expect(area).toBeGreaterThanOrEqual(narrow && tokens < 8 ? 784 : Math.min(4, tokens) * 784 / 2);
      if (!narrow && tokens >= 16) expect(area).toBeLessThanOrEqual(tokens * 784);
    }));
  });

  it('refuses pictures more than 200 times as long as wide', () => {
    expect(() => smartResize({ width: 3000, height: 10 }, published))
      .toThrow(expect.objectContaining({ code: 'MMHS_IMAGE_SIZE' }) as Error);
    expect(smartResize({ width: 2000, height: 10 }, published).height).toBe(28);
  });
});
