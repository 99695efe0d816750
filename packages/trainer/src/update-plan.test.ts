import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planUpdates } from './update-plan.ts';

const shapes = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 }),
  batchSize: fc.integer({ min: 1, max: 7 }),
  accumulationSteps: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
});

describe('planUpdates', () => {
  it('trains on every post once an epoch, in batches and updates of the wanted size', () => {
    fc.assert(fc.property(shapes, fc.nat(3), (shape, epoch) => {
      const plan = planUpdates({ ...shape, epochs: 4 });
      const updates = Array.from({ length: plan.updatesPerEpoch }, (_, index) => plan.update(epoch * plan.updatesPerEpoch + index));
      expect(updates.every((update) => update.epoch === epoch)).toBe(true);
      const batches = updates.flatMap(({ microBatches }) => microBatches);
      expect(batches.flat().sort((a, b) => a - b)).toEqual([...shape.lengths.keys()]);
      expect(batches.filter(({ length }) => length !== shape.batchSize).length).toBeLessThanOrEqual(1);
      const sizes = updates.map(({ microBatches }) => microBatches.length);
      expect(sizes.slice(0, -1).every((size) => size === shape.accumulationSteps)).toBe(true);
      expect(sizes.at(-1)).toBeGreaterThan(0);
    }));
  });

  it('gives the same update at a step, in whatever order the steps are asked for', () => {
    fc.assert(fc.property(shapes, (shape) => {
      const [forward, backward] = [planUpdates({ ...shape, epochs: 2 }), planUpdates({ ...shape, epochs: 2 })];
      const steps = Array.from({ length: forward.totalUpdates }, (_, step) => step);
      const reversed = steps.toReversed().map((step) => backward.update(step)).toReversed();
      expect(steps.map((step) => forward.update(step))).toEqual(reversed);
    }), { numRuns: 30 });
  });

  it('shuffles anew in every epoch and for every seed', () => {
    const lengths = new Array<number>(64).fill(1);
    const first = (seed: number, epoch: number) =>
      planUpdates({ lengths, batchSize: 64, accumulationSteps: 1, epochs: 2, seed }).update(epoch).microBatches[0]?.join();
    expect(new Set([first(1, 0), first(1, 1), first(2, 0), first(2, 1)]).size).toBe(4);
  });

  it('counts updates: 10 posts in 5 batches of 2 are 3 updates of 2 batches an epoch', () => {
    const plan = { lengths: new Array<number>(10).fill(1), batchSize: 2, accumulationSteps: 2, seed: 1 };
    expect(planUpdates({ ...plan, epochs: 2 })).toMatchObject({ updatesPerEpoch: 3, totalUpdates: 6 });
    expect(planUpdates({ ...plan, epochs: 0.5 }).totalUpdates).toBe(2);
    expect(planUpdates({ ...plan, epochs: 2, maxSteps: 4 }).totalUpdates).toBe(4);
  });
});
