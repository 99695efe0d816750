import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clipGradients } from './clip.ts';
import { createAdamW, type AdamWState } from './optimizer.ts';

type Tensors = Readonly<Record<string, readonly number[]>>;
interface Case {
  readonly weightDecay: number;
  readonly epsilon: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly start: Tensors;
  readonly steps: readonly { learningRate: number; gradients: Tensors; norm: number; parameters: Tensors }[];
  readonly expAvg: Tensors;
  readonly expAvgSq: Tensors;
}

/** Trajectories of torch 2.13's AdamW (one tensor at a time, CPU) with clipping to norm 1. */
const cases = JSON.parse(readFileSync(new URL('./__fixtures__/adamw.json', import.meta.url), 'utf8')) as Case[];

const toArrays = (tensors: Tensors) => new Map(Object.entries(tensors).map(([name, values]) => [name, Float32Array.from(values)]));

/** Largest difference in relation to the largest entry. */
function difference(actual: ReadonlyMap<string, Float32Array>, expected: Tensors): number {
  const pairs = [...actual].flatMap(([name, values]) => Array.from(values, (value, index) => [value, expected[name]?.[index] ?? NaN] as const));
  const largest = Math.max(...pairs.map(([, value]) => Math.abs(value)));
  return Math.max(...pairs.map(([a, b]) => Math.abs(a - b))) / largest;
}

async function replay(settings: Case, until: number, from?: { state: AdamWState; parameters: Map<string, Float32Array>; at: number }) {
  const parameters = from?.parameters ?? toArrays(settings.start);
  const optimizer = createAdamW({ parameters, settings, ...(from === undefined ? {} : { state: from.state }) });
  for (const { learningRate, gradients, norm } of settings.steps.slice(from?.at ?? 0, until)) {
    const arrays = toArrays(gradients);
    const clip = clipGradients({ gradients: arrays.values(), maxNorm: 1 });
    expect(clip.norm / norm).toBeCloseTo(1, 6);
    await optimizer.update({ gradients: arrays, learningRate, gradientScale: clip.scale });
  }
  return { parameters, state: optimizer.state() };
}

describe.each(cases)('createAdamW with weight decay $weightDecay and epsilon $epsilon', (settings) => {
  it('follows the trajectory of torch.optim.AdamW', async () => {
    for (let until = 1; until <= settings.steps.length; until += 1) {
      const { parameters } = await replay(settings, until);
      expect(difference(parameters, settings.steps[until - 1]?.parameters ?? {})).toBeLessThan(3e-7);
    }
    const { state } = await replay(settings, settings.steps.length);
    expect(difference(state.expAvg, settings.expAvg)).toBeLessThan(3e-7);
    expect(difference(state.expAvgSq, settings.expAvgSq)).toBeLessThan(3e-7);
    expect(state.step).toBe(settings.steps.length);
  });

  it('continues from its state bit for bit', async () => {
    const half = await replay(settings, 3);
    const resumed = await replay(settings, 6, { ...half, at: 3 });
    expect(resumed).toEqual(await replay(settings, 6));
  });
});

describe('createAdamW', () => {
  const length = 2_500_000;

  it('leaves the event loop free during a large update', async () => {
    const optimizer = createAdamW({ parameters: new Map([['a', new Float32Array(length)]]) });
    const update = () => optimizer.update({ gradients: new Map([['a', new Float32Array(length).fill(1)]]), learningRate: 0.1 });
    await update();
    let turns = 0;
    let running = true;
    const count = () => {
      turns += 1;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    for (let repeat = 0; repeat < 3; repeat += 1) await update();
    running = false;
    expect(turns).toBeGreaterThan(2);
  });

  it('changes nothing when a gradient is missing or too short', async () => {
    const parameters = new Map([['a', Float32Array.of(1)], ['b', Float32Array.of(1, 2)]]);
    const optimizer = createAdamW({ parameters });
    const gradients = new Map([['a', Float32Array.of(1)]]);
    await expect(optimizer.update({ gradients, learningRate: 1 })).rejects.toThrow(/b: .*no gradient/);
    await expect(optimizer.update({ gradients: gradients.set('b', Float32Array.of(1)), learningRate: 1 })).rejects.toThrow(/1 values/);
    expect(parameters.get('a')?.[0]).toBe(1);
    expect(optimizer.state().step).toBe(0);
  });

  it('refuses a state of other parameters', () => {
    const state = createAdamW({ parameters: new Map([['a', Float32Array.of(1)]]) }).state();
    expect(() => createAdamW({ parameters: new Map([['a', Float32Array.of(1, 2)]]), state })).toThrow(/exp_avg\.a/);
  });
});

describe('clipGradients', () => {
  it('scales to just under the limit, and only above it', () => {
    const gradients = [Float32Array.of(3, 0, 0, 0, 0), Float32Array.of(0, 4)];
    expect(clipGradients({ gradients, maxNorm: 1 })).toEqual({ norm: 5, scale: 1 / (5 + 1e-6) });
    expect(clipGradients({ gradients, maxNorm: 6 })).toEqual({ norm: 5, scale: 1 });
    expect(clipGradients({ gradients })).toEqual({ norm: 5, scale: 1 });
  });

  it('does not pass a broken gradient as a small one', () => {
    expect(clipGradients({ gradients: [Float32Array.of(NaN)], maxNorm: 1 })).toEqual({ norm: NaN, scale: NaN });
  });
});
