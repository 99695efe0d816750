import { applyThresholds, f1Score, precisionScore, recallScore, tuneThresholds } from '@mmhs/metrics';
import { thresholdChart, type ThresholdPoint } from '../charts/threshold-chart.ts';
import { formatNumber } from '../format.ts';
import { html, type Html } from '../html.ts';
import type { SplitView } from '../split-view.ts';
import { figure, figures, legend } from './figure.ts';

const steps = 100;

/** Precision, recall and F1 of each label that occurs against its threshold; nothing without scores. */
export function thresholdsSection(view: SplitView): Html | undefined {
  const { scores, gold, labelSet: labels, thresholds } = view;
  if (scores === undefined) return undefined;
  const points = thresholdPoints(view, scores);
  // Their own posts, so the in-sample F1 is flattering; the cross-validated one stands beside it.
  const best = gold.length < 2 ? undefined : tuneThresholds({ gold, scores, labels });
  const charts = labels.flatMap((label, index) => gold.some((each) => each.includes(label)) ? [figure({
    heading: label,
    chart: thresholdChart({
      title: `Precision, recall and F1 of ${label} against its threshold`, points: points[index] ?? [], threshold: thresholds[index] as number,
    }),
    note: `threshold ${formatNumber(thresholds[index])}${best === undefined ? '' :
      `; the best on these posts: ${formatNumber(best[index]?.threshold)}, F1 ${formatNumber(best[index]?.inSample)}, cross-validated ${formatNumber(best[index]?.honest)}`}`,
  })] : []);
  return html`<h3>Thresholds</h3>
<p>The upright line is the adapter's threshold, which only the rule <code>thresholds</code> goes by. A threshold chosen on the posts it is
judged on looks better than it is: the cross-validated F1 is the one to believe.</p>
${legend(['F1', 'precision', 'recall'])}
${figures(charts)}`;
}

/** For each label what thresholds from 0 to 1 give. */
function thresholdPoints({ gold, labelSet: labels, zeroDivision }: SplitView, scores: readonly (readonly number[])[]): ThresholdPoint[][] {
  const points: ThresholdPoint[][] = labels.map(() => []);
  for (let step = 0; step <= steps; step += 1) {
    const threshold = step / steps;
    const pairs = { gold, predicted: applyThresholds({ scores, thresholds: labels.map(() => threshold) }), labels, average: 'none', zeroDivision } as const;
    const [precision, recall, f1] = [precisionScore(pairs), recallScore(pairs), f1Score(pairs)];
    points.forEach((ofLabel, index) => ofLabel.push({
      threshold, precision: precision[index] as number, recall: recall[index] as number, f1: f1[index] as number,
    }));
  }
  return points;
}
