import type { LinearModule } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { initialiseAdapters } from './initialise.ts';

const linears: LinearModule[] = [
  { path: 'a.q_proj', inFeatures: 400, outFeatures: 50, part: 'language' },
  { path: 'a.v_proj', inFeatures: 100, outFeatures: 60, part: 'language' },
];
const adapter = { rank: 16, scaling: 1, dropout: 0 };
const trainable = { adapters: new Map(linears.map(({ path }) => [path, adapter])) };
const make = (method: true | false | 'gaussian' | 'eva', seed = 42) => initialiseAdapters({ trainable, linears, seed, method });
const values = (name: string, method: true | false | 'gaussian') => make(method).get(name)?.data ?? new Float32Array();
const deviation = (data: Float32Array) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

describe('initialiseAdapters', () => {
  it('draws A uniformly within 1 / sqrt(in) and sets B to zero', () => {
    const data = values('a.q_proj.lora_A.weight', true);
    const bound = 1 / Math.sqrt(400);
    expect(data).toHaveLength(16 * 400);
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...data)).toBeGreaterThan(0.99 * bound);
    expect(Math.min(...data)).toBeLessThan(-0.99 * bound);
    expect(deviation(data) / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect(values('a.q_proj.lora_B.weight', true).every((value) => value === 0)).toBe(true);
  });

  it('draws A normally with deviation 1 / r for gaussian', () => {
    const data = values('a.q_proj.lora_A.weight', 'gaussian');
    expect(deviation(data) * 16).toBeCloseTo(1, 1);
    expect(Math.max(...data)).toBeGreaterThan(3 / 16);
    expect(values('a.q_proj.lora_B.weight', 'gaussian').every((value) => value === 0)).toBe(true);
  });

  it('draws B within 1 / sqrt(r) for false', () => {
    const data = values('a.v_proj.lora_B.weight', false);
    expect(Math.max(...data)).toBeGreaterThan(0.24);
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(0.25);
  });

  it('depends on the seed and the name, not on the other tensors', () => {
    expect(make(true)).toEqual(make(true));
    expect(make(true, 43).get('a.q_proj.lora_A.weight')).not.toEqual(make(true).get('a.q_proj.lora_A.weight'));
    const alone = initialiseAdapters({ trainable: { adapters: new Map([['a.v_proj', adapter]]) }, linears, seed: 42 });
    expect(alone.get('a.v_proj.lora_A.weight')).toEqual(make(true).get('a.v_proj.lora_A.weight'));
  });

  it('refuses an initialisation that needs data', () => {
    expect(() => make('eva')).toThrow(/"eva"/);
  });
});
