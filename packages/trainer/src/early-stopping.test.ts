import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEarlyStopping, isGreaterBetter } from './early-stopping.ts';

type Options = Partial<Parameters<typeof createEarlyStopping>[0]>;

function follow(values: readonly number[], options: Options = {}) {
  const stopping = createEarlyStopping({ metric: 'f1_macro', ...options });
  return values.map((value, index) => stopping.update({ step: index + 1, metrics: { eval_f1_macro: value } }));
}

describe('createEarlyStopping', () => {
  it('stops after `patience` evaluations in a row without improvement', () => {
    const values = [0.5, 0.4, 0.6, 0.6, 0.5];
    expect(follow(values, { patience: 2 }).map(({ shouldStop }) => shouldStop)).toEqual([false, false, false, false, true]);
    expect(follow(values, { patience: 2 }).map(({ isBest }) => isBest)).toEqual([true, false, true, false, false]);
    expect(follow(values).some(({ shouldStop }) => shouldStop)).toBe(false);
  });

  it('counts an improvement within the threshold as the best, but not as progress', () => {
    const results = follow([0.5, 0.505, 0.509], { patience: 2, threshold: 0.01 });
    expect(results.map(({ isBest }) => isBest)).toEqual([true, true, true]);
    expect(results.at(-1)?.shouldStop).toBe(true);
  });

  it('looks for smaller values of a loss', () => {
    expect(follow([0.5, 0.4, 0.6], { metric: 'eval_f1_macro', greaterIsBetter: false }).map(({ isBest }) => isBest)).toEqual([true, true, false]);
    const losses = createEarlyStopping({ metric: 'loss' });
    expect([2, 3, 1].map((loss, step) => losses.update({ step, metrics: { loss } }).isBest)).toEqual([true, false, true]);
  });

  it('never takes a value that is not a number for the best', () => {
    expect(follow([NaN, 0.1, NaN], { patience: 3 }).map(({ isBest }) => isBest)).toEqual([false, true, false]);
  });

  it('continues from its state as if never interrupted', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), fc.nat(), (values, cut) => {
        const at = cut % values.length;
        const first = createEarlyStopping({ metric: 'f1_macro', patience: 2 });
        const update = (stopping: typeof first, value: number, step: number) => stopping.update({ step, metrics: { f1_macro: value } });
        values.slice(0, at).forEach((value, step) => update(first, value, step));
        const second = createEarlyStopping({ metric: 'f1_macro', patience: 2, state: structuredClone(first.state()) });
        const resumed = values.slice(at).map((value, step) => update(second, value, at + step));
        expect(resumed).toEqual(follow(values, { patience: 2 }).slice(at));
      }),
    );
  });

  it('lists the metrics when there is none of the name', () => {
    const stopping = createEarlyStopping({ metric: 'accuracy' });
    expect(() => stopping.update({ step: 1, metrics: { eval_f1_macro: 1, note: 'x' } })).toThrow(/"accuracy".*one of f1_macro/);
  });
});

describe('isGreaterBetter', () => {
  it.each([
    ['f1_macro', true],
    ['eval_subset_accuracy', true],
    ['loss', false],
    ['eval_loss', false],
    ['hamming_loss', false],
    ['invalid_json_rate', false],
    ['f1_terror', true],
    ['f1_error', true],
  ])('%s: %s', (metric, expected) => {
    expect(isGreaterBetter(metric)).toBe(expected);
  });
});
