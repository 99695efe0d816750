import { brierScore, calibrationError, reliabilityBins } from '@mmhs/metrics';
import { reliabilityChart } from '../charts/reliability-chart.ts';
import { formatNumber } from '../format.ts';
import { html, type Html } from '../html.ts';
import { columnOf, type SplitView } from '../split-view.ts';
import { figure, figures } from './figure.ts';

/** Reliability diagrams of all labels; nothing without scores. */
export function calibrationSection({ view, calibrated }: { readonly view: SplitView; readonly calibrated: boolean }): Html | undefined {
  const { scores, gold, labelSet: labels } = view;
  if (scores === undefined) return undefined;
  const brier = brierScore({ gold, scores, labels });
  const charts = labels.flatMap((label, index) => {
    const scored = columnOf(view, index);
    if (scored === undefined) return [];
    const { expected, largest } = calibrationError(scored);
    return [figure({
      heading: label,
      chart: reliabilityChart({ title: `Reliability of the probabilities of ${label}`, bins: reliabilityBins(scored) }),
      note: `expected error ${formatNumber(expected)}, largest ${formatNumber(largest)}; Brier score ${formatNumber(brier[index], 4)}`,
    })];
  });
  return html`<h3>Calibration</h3>
<p>Of the posts that get a probability, the share for which the label is true: on the dashed line probabilities mean what they say. Bars are
the share of posts in each of ten bins. Probabilities are ${calibrated ? "corrected by the adapter's calibration" : 'as the model gives them'}.</p>
${figures(charts)}`;
}
