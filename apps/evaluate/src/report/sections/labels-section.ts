import {
  averagePrecision, bootstrapIntervals, f1Score, labelConfusion, multilabelReport, rocAuc,
  type Interval, type MultilabelCounts, type Resample, type ResampleMetric,
} from '@mmhs/metrics';
import { intervalChart } from '../charts/interval-chart.ts';
import { formatInterval, formatNumber } from '../format.ts';
import { html, type Html } from '../html.ts';
import { metricsByLabel } from '../main-metrics.ts';
import type { SplitView } from '../split-view.ts';
import { figure, table } from './figure.ts';

/** A row of numbers for each label. */
export function labelsSection({ view, resamples }: { readonly view: SplitView; readonly resamples: number }): Html {
  const { gold, predicted, labelSet: labels, zeroDivision, thresholds, scores } = view;
  const pairs = { gold, predicted, labels };
  const { perLabel, undefinedLabels } = multilabelReport({ ...pairs, zeroDivision });
  const confusion = labelConfusion(pairs);
  const { f1, areas } = intervalsOf(view, resamples);
  const rows = perLabel.map(({ label, precision, recall, support }, index) => {
    const [[, falsePositives], [falseNegatives, truePositives]] = confusion[index] as (typeof confusion)[number];
    return [
      label, support, truePositives, falsePositives, falseNegatives, formatNumber(precision), formatNumber(recall),
      valueAndInterval(f1[index] as Interval),
      ...(areas === undefined ? [] : areas.map((intervals) => valueAndInterval(intervals[index] as Interval))),
      ...(areas === undefined ? [] : [formatNumber(thresholds[index])]),
    ];
  });
  return html`<h3>Labels</h3>
${table({
    head: [
      'label', 'gold posts', 'true positives', 'false positives', 'false negatives', 'precision', 'recall', 'F1',
      ...(scores === undefined ? [] : ['average precision', 'ROC AUC', 'threshold']),
    ],
    rows,
  })}
<p>In brackets: 95% intervals.</p>
${undefinedLabels.length > 0 && html`<p>Neither true nor predicted anywhere: ${undefinedLabels.join(', ')}.</p>`}
${figure({
    heading: 'F1 of each label',
    chart: intervalChart({
      title: 'F1 of each label with its interval', axis: 'F1', rows: labels.map((name, index) => ({ name, ...(f1[index] as Interval) })),
    }),
  })}`;
}

/** A value above its interval: tables of five such columns fit beside one another. */
function valueAndInterval(interval: Interval): Html {
  const [value, ...range] = formatInterval(interval).split(' ');
  return html`${value}${range.length > 0 && html` <small>${range.join(' ')}</small>`}`;
}

/** F1, and with scores average precision and ROC AUC, of each label on the same resamples. */
function intervalsOf(view: SplitView, resamples: number): { readonly f1: readonly Interval[]; readonly areas?: readonly (readonly Interval[])[] } {
  const { gold, predicted, scores, labelSet: labels, zeroDivision } = view;
  const f1 = metricsByLabel(labels, (counts: MultilabelCounts) => f1Score({ ...counts, average: 'none', zeroDivision }));
  const options = { gold, predicted, labels, resamples };
  if (scores === undefined) return { f1: Object.values(bootstrapIntervals({ ...options, metrics: numbered(f1) })) };
  const metrics: ResampleMetric[] = [
    ...f1,
    ...metricsByLabel(labels, (rows: Resample) => averagePrecision({ ...rows, average: 'none', skipUndefined: true })),
    ...metricsByLabel(labels, (rows: Resample) => rocAuc({ ...rows, average: 'none' })),
  ];
  const intervals = Object.values(bootstrapIntervals({ ...options, scores, metrics: numbered(metrics) }));
  const part = (index: number): Interval[] => intervals.slice(index * labels.length, (index + 1) * labels.length);
  return { f1: part(0), areas: [part(1), part(2)] };
}

function numbered<Metric>(metrics: readonly Metric[]): Record<string, Metric> {
  return Object.fromEntries(metrics.map((metric, index) => [String(index), metric]));
}
