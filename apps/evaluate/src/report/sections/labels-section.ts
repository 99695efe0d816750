import { bootstrapInterval, binaryAveragePrecision, binaryRocAuc, f1Score, labelConfusion, multilabelReport } from '@mmhs/metrics';
import { intervalChart } from '../charts/interval-chart.ts';
import { formatNumber, formatRange } from '../format.ts';
import { html, type Html } from '../html.ts';
import { columnOf, type SplitView } from '../split-view.ts';
import { figure, table } from './figure.ts';

/** A row of numbers for each label. */
export function labelsSection({ view, resamples }: { readonly view: SplitView; readonly resamples: number }): Html {
  const { gold, predicted, labelSet: labels, zeroDivision, thresholds } = view;
  const pairs = { gold, predicted, labels };
  const { perLabel, undefinedLabels } = multilabelReport({ ...pairs, zeroDivision });
  const confusion = labelConfusion(pairs);
  const intervals = labels.map((name, index) => ({
    name,
    ...bootstrapInterval({
      ...pairs, resamples,
      metric: (counts) => f1Score({ ...counts, average: 'none', zeroDivision })[index] as number,
    }),
  }));
  const rows = perLabel.map(({ label, precision, recall, f1, support }, index) => {
    const [[, falsePositives], [falseNegatives, truePositives]] = confusion[index] as (typeof confusion)[number];
    const scored = columnOf(view, index);
    return [
      label, support, truePositives, falsePositives, falseNegatives, formatNumber(precision), formatNumber(recall), formatNumber(f1),
      formatRange(intervals[index] as (typeof intervals)[number]),
      ...(scored === undefined ? [] : [formatNumber(binaryAveragePrecision(scored)), formatNumber(binaryRocAuc(scored)), formatNumber(thresholds[index])]),
    ];
  });
  return html`<h3>Labels</h3>
${table({
    head: [
      'label', 'gold posts', 'true positives', 'false positives', 'false negatives', 'precision', 'recall', 'F1', '95% interval of F1',
      ...(view.scores === undefined ? [] : ['average precision', 'ROC AUC', 'threshold']),
    ],
    rows,
  })}
${undefinedLabels.length > 0 && html`<p>Neither true nor predicted anywhere: ${undefinedLabels.join(', ')}.</p>`}
${figure({ heading: 'F1 of each label', chart: intervalChart({ title: 'F1 of each label with its interval', axis: 'F1', rows: intervals }) })}`;
}
