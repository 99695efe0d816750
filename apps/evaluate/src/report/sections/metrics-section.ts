import {
  averagePrecision, bootstrapInterval, f1Score, hammingLoss, precisionScore, recallScore, rocAuc, subsetAccuracy,
  type CountsMetric, type Interval,
} from '@mmhs/metrics';
import { intervalChart } from '../charts/interval-chart.ts';
import { formatNumber, formatRange } from '../format.ts';
import { html, type Html } from '../html.ts';
import type { SplitView } from '../split-view.ts';
import { figure, table } from './figure.ts';

/** The numbers that a split is summed up in, all from counts. */
export function mainMetrics(zeroDivision: 0 | 1): readonly { readonly name: string; readonly metric: CountsMetric }[] {
  return [
    { name: 'F1 micro', metric: (counts) => f1Score({ ...counts, average: 'micro', zeroDivision }) },
    { name: 'F1 macro', metric: (counts) => f1Score({ ...counts, average: 'macro', zeroDivision }) },
    { name: 'F1 weighted', metric: (counts) => f1Score({ ...counts, average: 'weighted', zeroDivision }) },
    { name: 'F1 samples', metric: (counts) => f1Score({ ...counts, average: 'samples', zeroDivision }) },
    { name: 'Precision micro', metric: (counts) => precisionScore({ ...counts, average: 'micro', zeroDivision }) },
    { name: 'Recall micro', metric: (counts) => recallScore({ ...counts, average: 'micro', zeroDivision }) },
    { name: 'Subset accuracy', metric: (counts) => subsetAccuracy(counts) },
    { name: 'Hamming loss', metric: (counts) => hammingLoss(counts) },
  ];
}

/** The main numbers with their intervals. */
export function metricsSection({ view, resamples }: { readonly view: SplitView; readonly resamples: number }): Html {
  const { gold, predicted, labelSet: labels } = view;
  const rows = mainMetrics(view.zeroDivision).map(({ name, metric }) =>
    ({ name, ...bootstrapInterval({ gold, predicted, labels, metric, resamples }) }));
  return html`<h3>Metrics</h3>
<div class="beside">${table({
    head: ['metric', 'value', '95% interval'],
    rows: [
      ...rows.map((row: { readonly name: string } & Interval) => [row.name, formatNumber(row.value), formatRange(row)]),
      ...scoreRows(view),
      ['Malformed answers', formatNumber(view.invalidRate), ''],
    ],
  })}
${figure({
    heading: 'With 95% intervals',
    chart: intervalChart({ title: 'Metrics with their intervals', axis: 'value', rows }),
    note: `Intervals are percentiles of ${resamples} resamples of the ${gold.length} posts. 0/0 counts as ${view.zeroDivision}.`,
  })}</div>`;
}

function scoreRows({ gold, scores, labelSet: labels }: SplitView): string[][] {
  if (scores === undefined) return [];
  return [
    ['Average precision macro', formatNumber(averagePrecision({ gold, scores, labels, average: 'macro' })), ''],
    ['Average precision micro', formatNumber(averagePrecision({ gold, scores, labels, average: 'micro' })), ''],
    ['ROC AUC macro', formatNumber(rocAuc({ gold, scores, labels, average: 'macro', skipUndefined: true })), ''],
  ];
}
