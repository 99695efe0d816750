import { bootstrapIntervals, type Interval } from '@mmhs/metrics';
import { intervalChart } from '../charts/interval-chart.ts';
import { formatNumber, formatRange } from '../format.ts';
import { html, type Html } from '../html.ts';
import { mainMetrics, scoreMetrics, undefinedScores } from '../main-metrics.ts';
import type { SplitView } from '../split-view.ts';
import { figure, table } from './figure.ts';

/** The main numbers with their intervals. */
export function metricsSection({ view, resamples }: { readonly view: SplitView; readonly resamples: number }): Html {
  const { gold, scores, invalidRate, zeroDivision } = view;
  const rows = Object.entries(intervalsOf(view, resamples)).map(([name, interval]) => ({ name, ...interval }));
  return html`<h3>Metrics</h3>
<div class="beside">${table({
    head: ['metric', 'value', '95% interval'],
    rows: [
      ...rows.map((row) => [row.name, formatNumber(row.value), formatRange(row)]),
      ['Malformed answers', formatNumber(invalidRate), ''],
    ],
  })}
${figure({
    heading: 'With 95% intervals',
    chart: intervalChart({ title: 'Metrics with their intervals', axis: 'value', rows }),
    note: `Intervals are percentiles of ${resamples} resamples of the ${gold.length} posts. 0/0 counts as ${zeroDivision}.${scores === undefined ? '' : ` ${undefinedScores}`}`,
  })}</div>`;
}

function intervalsOf({ gold, predicted, scores, labelSet: labels, zeroDivision }: SplitView, resamples: number): Record<string, Interval> {
  const counted = mainMetrics(zeroDivision);
  if (scores === undefined) return bootstrapIntervals({ gold, predicted, labels, metrics: counted, resamples });
  return bootstrapIntervals({ gold, predicted, scores, labels, metrics: { ...counted, ...scoreMetrics }, resamples });
}
