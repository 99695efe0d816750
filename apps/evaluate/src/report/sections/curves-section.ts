import { binaryAveragePrecision, multilabelReport, precisionRecallCurve } from '@mmhs/metrics';
import { precisionRecallChart } from '../charts/precision-recall-chart.ts';
import { formatNumber } from '../format.ts';
import { html, type Html } from '../html.ts';
import { columnOf, type SplitView } from '../split-view.ts';
import { figure, figures } from './figure.ts';

/** Precision-recall curves of the labels that occur; nothing without scores. */
export function curvesSection(view: SplitView): Html | undefined {
  const { gold, predicted, labelSet: labels, zeroDivision } = view;
  if (view.scores === undefined) return undefined;
  const { perLabel } = multilabelReport({ gold, predicted, labels, zeroDivision });
  const charts = perLabel.flatMap((given, index) => {
    const scored = columnOf(view, index);
    if (scored === undefined || given.support === 0) return [];
    return [figure({
      heading: given.label,
      chart: precisionRecallChart({
        title: `Precision and recall of ${given.label}`,
        curve: precisionRecallCurve(scored), baseline: given.support / gold.length, given,
      }),
      note: `average precision ${formatNumber(binaryAveragePrecision(scored))}`,
    })];
  });
  return html`<h3>Precision and recall</h3>
<p>Each curve goes through all thresholds of a label's probability. The dot is where the labels that were given are; the dashed line is the
precision of giving the label to every post.</p>
${figures(charts)}`;
}
