import { labelConfusion, labelCooccurrence } from '@mmhs/metrics';
import { matrixChart } from '../charts/matrix-chart.ts';
import { html, type Html } from '../html.ts';
import type { SplitView } from '../split-view.ts';
import { figure, figures } from './figure.ts';

const none = '(none)';

/** Which labels are taken for which, and which stand together. */
export function confusionSection(view: SplitView): Html {
  const { gold, predicted, labelSet: labels } = view;
  const names = [...labels, none];
  const counts = crossCounts(view);
  const single = labelConfusion({ gold, predicted, labels });
  return html`<h3>Confusion and co-occurrence</h3>
<p>A post with several labels counts in several cells. Colours compare cells of one row.</p>
${figures([
    figure({
      heading: 'Gold and predicted labels',
      chart: matrixChart({ title: 'Posts by gold and predicted label', rows: names, columns: names, counts, rowAxis: 'gold', columnAxis: 'predicted' }),
      note: 'Posts that have the gold label of the row and were given the label of the column.',
    }),
    figure({
      heading: 'Gold labels together',
      chart: matrixChart({
        title: 'Posts by pairs of gold labels', rows: labels, columns: labels, counts: labelCooccurrence({ gold, labels }), rowAxis: 'gold', columnAxis: 'gold',
      }),
    }),
    figure({
      heading: 'Predicted labels together',
      chart: matrixChart({
        title: 'Posts by pairs of predicted labels', rows: labels, columns: labels, counts: labelCooccurrence({ gold: predicted, labels }),
        rowAxis: 'predicted', columnAxis: 'predicted',
      }),
    }),
  ])}
<h4>Each label alone</h4>
${figures(labels.map((label, index) => figure({
    heading: label,
    chart: matrixChart({
      title: `Confusion matrix of ${label}`, rows: ['not true', 'true'], columns: ['not given', 'given'],
      counts: single[index] as (typeof single)[number], rowAxis: '', columnAxis: '', size: 62,
    }),
  })))}`;
}

/** `[gold][predicted]` counts of posts; the last row and column are for posts without any label. */
function crossCounts({ gold, predicted, labelSet: labels }: SplitView): number[][] {
  const width = labels.length + 1;
  const flags = (set: readonly string[]): number[] => [...labels.map((label) => Number(set.includes(label))), Number(set.length === 0)];
  // Gold and predicted labels side by side are one set of labels; how often they stand together is a corner of its table.
  const together = labelCooccurrence({ gold: gold.map((set, index) => [...flags(set), ...flags(predicted[index] ?? [])]) });
  return together.slice(0, width).map((row) => row.slice(width));
}
