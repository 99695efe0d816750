import { describe, expect, it } from 'vitest';

import { normalizeToPlanar } from './normalize.ts';

const image = { width: 2, height: 1, data: Uint8Array.from([0, 51, 255, 128, 1, 254]) };

describe('normalizeToPlanar', () => {
  it('puts the channels into planes', () => {
    const planes = normalizeToPlanar(image, { mean: [0, 0, 0], std: [1, 1, 1], rescaleFactor: 1 });
    expect([...planes]).toEqual([0, 128, 51, 1, 255, 254]);
  });

  it('rescales in double precision and continues in float32', () => {
    const [mean, std] = [0.48145466, 0.26862954];
    const planes = normalizeToPlanar(image, { mean: [mean, mean, mean], std: [std, std, std] });
    const rescaled = Math.fround(128 * 0.00392156862745098);
    expect(planes[1]).toBe(Math.fround(Math.fround(rescaled - Math.fround(mean)) / Math.fround(std)));
  });

  it('maps the ends of the range to -1 and 1 for a mean and deviation of a half', () => {
    const planes = normalizeToPlanar(image, { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
    expect([planes[0], planes[4]]).toEqual([-1, 1]);
  });

  it('writes into the array it is given', () => {
    const into = new Float32Array(6);
    expect(normalizeToPlanar(image, { mean: [0, 0, 0], std: [1, 1, 1], into })).toBe(into);
    expect(into[4]).toBe(1);
  });
});
