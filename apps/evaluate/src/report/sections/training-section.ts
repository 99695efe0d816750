import type { MetricsRow } from '@mmhs/trainer';
import { historyChart, type HistorySeries } from '../charts/history-chart.ts';
import { html, type Html } from '../html.ts';
import { figure, figures, legend } from './figure.ts';

/** A chart of the history, and what its lines are called in `metrics.jsonl`. */
interface HistoryPlan {
  readonly heading: string;
  readonly lines: readonly (readonly [key: string, name: string])[];
  readonly domain?: [number, number];
}

const plans: readonly HistoryPlan[] = [
  { heading: 'Loss', lines: [['loss', 'training'], ['eval_loss', 'validation']] },
  {
    heading: 'Validation',
    lines: [['eval_f1_micro', 'F1 micro'], ['eval_f1_macro', 'F1 macro'], ['eval_subset_accuracy', 'subset accuracy']],
    domain: [0, 1],
  },
  { heading: 'Learning rate', lines: [['learning_rate', 'learning rate']] },
  { heading: 'Gradient norm', lines: [['grad_norm', 'before clipping']] },
];

/** The run's history; nothing without one. */
export function trainingSection(rows: readonly MetricsRow[]): Html | undefined {
  const charts = plans.flatMap(({ heading, lines, domain }) => {
    const series = lines.map(([key, name]) => readSeries(rows, key, name)).filter(({ points }) => points.length > 0);
    if (series.length === 0) return [];
    return [figure({ heading, chart: historyChart({ title: `${heading} over the steps of training`, series, domain }), note: legend(series.map(({ name }) => name)) })];
  });
  if (charts.length === 0) return undefined;
  return html`<section id="training"><h2>Training</h2>
${figures(charts)}</section>`;
}

function readSeries(rows: readonly MetricsRow[], key: string, name: string): HistorySeries {
  const points = rows.flatMap(({ step, [key]: value }) => (typeof value === 'number' && Number.isFinite(value) ? [{ step, value }] : []));
  return { name, points };
}
