import { MmhsError } from '@mmhs/core';

/** The state of {@link EarlyStopping}, to continue after a restart. */
export interface EarlyStoppingState {
  /** Best value so far; null before the first evaluation. */
  readonly best: number | null;
  /** Step of the best value. */
  readonly bestStep: number | null;
  /** Evaluations in a row without enough improvement. */
  readonly waited: number;
}

/** Follows a metric over the evaluations of a run. */
export interface EarlyStopping {
  /** Takes the metrics of an evaluation and says whether they are the best so far and whether to stop. */
  update(options: { readonly step: number; readonly metrics: Readonly<Record<string, unknown>> }): {
    readonly value: number;
    readonly isBest: boolean;
    readonly shouldStop: boolean;
  };
  state(): EarlyStoppingState;
}

/**
 * Tells the best evaluation and when to give up, as the Hugging Face Trainer and its EarlyStoppingCallback do.
 *
 * An evaluation is the best when it is strictly better than all before; it resets the patience when it is better by more
 * than `threshold`. A metric that is not a number never is better.
 *
 * @param options.metric name of the metric, with or without `eval_`
 * @param options.patience evaluations without improvement before stopping; undefined or 0 never stops
 * @param options.greaterIsBetter inferred from the name when left out, see {@link isGreaterBetter}
 * @throws MmhsError `MMHS_TRAINER_METRIC` (on update) listing the metrics when there is none of that name.
 */
export function createEarlyStopping(options: {
  readonly metric: string;
  readonly patience?: number | undefined;
  readonly threshold?: number;
  readonly greaterIsBetter?: boolean;
  readonly state?: EarlyStoppingState;
}): EarlyStopping {
  const { metric, patience = 0, threshold = 0, greaterIsBetter = isGreaterBetter(metric) } = options;
  let { best, bestStep, waited }: EarlyStoppingState = options.state ?? { best: null, bestStep: null, waited: 0 };
  const gainOver = (value: number, reference: number): number => (greaterIsBetter ? value - reference : reference - value);

  return {
    update({ step, metrics }) {
      const value = readMetric(metrics, metric);
      const gain = best === null ? Infinity : gainOver(value, best);
      const isBest = !Number.isNaN(value) && gain > 0;
      waited = isBest && gain > threshold ? 0 : waited + 1;
      if (isBest) {
        best = value;
        bestStep = step;
      }
      return { value, isBest, shouldStop: patience > 0 && waited >= patience };
    },
    state: () => ({ best, bestStep, waited }),
  };
}

/**
 * Whether larger values of a metric are better: no for losses, errors, perplexity and the rate of invalid answers; yes for
 * everything else, also for `f1_error` of a label that happens to be called so.
 */
export function isGreaterBetter(metric: string): boolean {
  const name = metric.replace(/^eval_/, '');
  return /^(?:f1|precision|recall)_/.test(name) || !/(?:^|_)(?:loss|error|perplexity|invalid_json_rate)$/.test(name);
}

function readMetric(metrics: Readonly<Record<string, unknown>>, name: string): number {
  const bare = name.replace(/^eval_/, '');
  const value = metrics[`eval_${bare}`] ?? metrics[bare];
  if (typeof value === 'number') return value;
  const numeric = Object.entries(metrics).filter(([, candidate]) => typeof candidate === 'number');
  throw new MmhsError('MMHS_TRAINER_METRIC', 'The evaluation has no such metric', {
    where: '--metric_for_best_model',
    got: JSON.stringify(name),
    expected: `one of ${numeric.map(([key]) => key.replace(/^eval_/, '')).join(', ')}`,
  });
}
