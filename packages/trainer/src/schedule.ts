/** Learning-rate schedules of transformers' `get_scheduler` that this package knows. */
const scheduleNames = ['linear', 'cosine', 'constant', 'constant_with_warmup'] as const;

/** Name of a learning-rate schedule. */
export type ScheduleName = (typeof scheduleNames)[number];

/** Learning rate of an update: `update` 0 is the first one. */
export type Schedule = (update: number) => number;

/**
 * Makes a learning-rate schedule as `transformers.get_scheduler` does; the first update with warm-up has rate 0.
 *
 * `linear` and `cosine` rise to `learningRate` over the warm-up and fall to 0 at `totalUpdates`; `constant_with_warmup` stays
 * up; `constant` ignores the warm-up.
 */
export function createSchedule(options: {
  readonly name: ScheduleName;
  /** Highest rate. */
  readonly learningRate: number;
  /** Updates of the whole training. */
  readonly totalUpdates: number;
  /** Updates of the rise; see {@link warmupUpdates}. */
  readonly warmupUpdates: number;
}): Schedule {
  const { name, learningRate, totalUpdates, warmupUpdates: warmup } = options;
  const span = Math.max(1, totalUpdates - warmup);
  const rising = (update: number): number => update / Math.max(1, warmup);
  const factors: Readonly<Record<ScheduleName, Schedule>> = {
    constant: () => 1,
    constant_with_warmup: (update) => (update < warmup ? rising(update) : 1),
    linear: (update) => (update < warmup ? rising(update) : Math.max(0, (totalUpdates - update) / span)),
    cosine: (update) => {
      if (update < warmup) return rising(update);
      return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (update - warmup)) / span)));
    },
  };
  const factor = factors[name];
  return (update) => learningRate * factor(update);
}

/**
 * Number of warm-up updates, as the Hugging Face Trainer counts them: a value below 1 is a share of all updates, rounded
 * up; otherwise it is the number itself.
 */
export function warmupUpdates(options: { readonly warmup: number; readonly totalUpdates: number }): number {
  const { warmup, totalUpdates } = options;
  return warmup >= 1 ? Math.trunc(warmup) : Math.ceil(totalUpdates * warmup);
}
