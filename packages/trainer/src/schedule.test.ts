import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createSchedule, warmupUpdates, type ScheduleName } from './schedule.ts';

interface Fixture {
  /** Rates of transformers 5.18's `get_scheduler` at learning rate 0.003. */
  readonly scheduler: readonly { name: ScheduleName; totalUpdates: number; warmupUpdates: number; rates: number[] }[];
  /** Rates used by reference training runs. */
  readonly runs: readonly {
    readonly schedule: ScheduleName;
    readonly updates_total: number;
    readonly warmup_ratio: number;
    readonly warmup_steps: number;
    readonly learning_rate: number;
    readonly rates: readonly number[];
  }[];
}

const fixture = JSON.parse(readFileSync(new URL('./__fixtures__/schedules.json', import.meta.url), 'utf8')) as Fixture;

describe('createSchedule', () => {
  it.each(fixture.scheduler)('gives the rates of transformers: $name, $totalUpdates updates, $warmupUpdates of warm-up', (entry) => {
    const schedule = createSchedule({ ...entry, learningRate: 0.003 });
    entry.rates.forEach((rate, update) => expect(Math.abs(schedule(update) - rate)).toBeLessThan(1e-18));
  });

  it.each(fixture.runs)('gives the rates of the reference run: $schedule', (run) => {
    const warmup = warmupUpdates({ warmup: run.warmup_ratio, totalUpdates: run.updates_total });
    expect(warmup).toBe(run.warmup_steps);
    const schedule = createSchedule({
      name: run.schedule,
      learningRate: run.learning_rate,
      totalUpdates: run.updates_total,
      warmupUpdates: warmup,
    });
    run.rates.forEach((rate, update) => expect(Math.abs(schedule(update) - rate)).toBeLessThan(1e-12 * run.learning_rate));
  });
});

describe('warmupUpdates', () => {
  it('takes a share rounded up, or a number of updates', () => {
    expect(warmupUpdates({ warmup: 0.03, totalUpdates: 101 })).toBe(4);
    expect(warmupUpdates({ warmup: 0, totalUpdates: 101 })).toBe(0);
    expect(warmupUpdates({ warmup: 7, totalUpdates: 101 })).toBe(7);
  });
});
