import {
  averagePrecision, f1Score, hammingLoss, precisionScore, recallScore, rocAuc, subsetAccuracy,
  type CountsMetric, type Resample, type ResampleMetric,
} from '@mmhs/metrics';

/** The numbers that a split is summed up in, all from counts. */
export function mainMetrics(zeroDivision: 0 | 1): Readonly<Record<string, CountsMetric>> {
  return {
    'F1 micro': (counts) => f1Score({ ...counts, average: 'micro', zeroDivision }),
    'F1 macro': (counts) => f1Score({ ...counts, average: 'macro', zeroDivision }),
    'F1 weighted': (counts) => f1Score({ ...counts, average: 'weighted', zeroDivision }),
    'F1 samples': (counts) => f1Score({ ...counts, average: 'samples', zeroDivision }),
    'Precision micro': (counts) => precisionScore({ ...counts, average: 'micro', zeroDivision }),
    'Recall micro': (counts) => recallScore({ ...counts, average: 'micro', zeroDivision }),
    'Subset accuracy': (counts) => subsetAccuracy(counts),
    'Hamming loss': (counts) => hammingLoss(counts),
  };
}

/** The same from scores: labels that have no such number are left out of the averages. */
export const scoreMetrics: Readonly<Record<string, ResampleMetric>> = {
  'Average precision macro': (rows) => averagePrecision({ ...rows, average: 'macro', skipUndefined: true }),
  'Average precision micro': (rows) => averagePrecision({ ...rows, average: 'micro', skipUndefined: true }),
  'ROC AUC macro': (rows) => rocAuc({ ...rows, average: 'macro', skipUndefined: true }),
};

/** What is told about {@link scoreMetrics} on resamples. */
export const undefinedScores = `A label that is true in no post has no average precision; one that is true in none or in all has no ROC
AUC. It is left out of the averages of that resample, and a resample without a value is left out of the interval.`;

/** A metric that gives a number for each label, as a metric for each: computed once for all of them. */
export function metricsByLabel<Rows extends Resample | Parameters<CountsMetric>[0]>(
  labels: readonly string[], compute: (rows: Rows) => readonly number[],
): ((rows: Rows) => number)[] {
  let last: { readonly rows: Rows; readonly values: readonly number[] } | undefined;
  return labels.map((_, index) => (rows) => {
    if (last?.rows !== rows) last = { rows, values: compute(rows) };
    return last.values[index] as number;
  });
}
