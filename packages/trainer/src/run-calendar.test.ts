import { describe, expect, it } from 'vitest';
import { workAfter } from './run-calendar.ts';

const plan = { updatesPerEpoch: 4, totalUpdates: 10 };
type Calendar = Parameters<typeof workAfter>[0]['config'];

/** Steps of a run of 10 updates after which something is due. */
function steps(config: Partial<Calendar>, what: 'evaluates' | 'saves', canEvaluate = true): number[] {
  const calendar: Calendar = { eval_strategy: 'epoch', eval_steps: 3, save_steps: null, ...config };
  return Array.from({ length: 10 }, (_, index) => index + 1)
    .filter((step) => workAfter({ step, plan, canEvaluate, config: calendar })[what]);
}

describe('workAfter', () => {
  it('evaluates after each epoch or every few steps, and always at the end', () => {
    expect(steps({}, 'evaluates')).toEqual([4, 8, 10]);
    expect(steps({ eval_strategy: 'steps' }, 'evaluates')).toEqual([3, 6, 9, 10]);
    expect(steps({ eval_strategy: 'no' }, 'evaluates')).toEqual([]);
    expect(steps({}, 'evaluates', false)).toEqual([]);
  });

  it('saves with every evaluation and when asked; without evaluations, after each epoch', () => {
    expect(steps({}, 'saves')).toEqual([4, 8, 10]);
    expect(steps({ save_steps: 5 }, 'saves')).toEqual([4, 5, 8, 10]);
    expect(steps({ eval_strategy: 'no' }, 'saves')).toEqual([4, 8, 10]);
    expect(steps({ eval_strategy: 'no', save_steps: 6 }, 'saves')).toEqual([6, 10]);
    expect(steps({}, 'saves', false)).toEqual([4, 8, 10]);
  });
});
