import { dot, line, ruleY } from '@observablehq/plot';
import type { PrecisionRecallCurve } from '@mmhs/metrics';
import { formatNumber } from '../format.ts';
import type { Html } from '../html.ts';
import { drawChart, seriesColors, shareScale, smallChart } from './draw-chart.ts';
import { thinPoints } from './thin-points.ts';

/** A label's precision-recall curve, with the point of the labels that were given. */
export function precisionRecallChart(options: {
  readonly title: string;
  readonly curve: PrecisionRecallCurve;
  /** Precision of giving the label to every post. */
  readonly baseline: number;
  readonly given: { readonly precision: number; readonly recall: number };
}): Html {
  const { title, curve, baseline, given } = options;
  const points = thinPoints(curve.recall.map((recall, index) => ({ x: recall, y: curve.precision[index] as number })));
  return drawChart({
    title,
    ...smallChart,
    x: shareScale('recall'),
    y: shareScale('precision'),
    marks: [
      ruleY([baseline], { strokeDasharray: '3 3', strokeOpacity: 0.6 }),
      // Going down in recall, a precision holds until the next recall is reached.
      line(points, { x: 'x', y: 'y', curve: 'step-after', stroke: seriesColors[0], strokeWidth: 2 }),
      dot([given], {
        x: 'recall', y: 'precision', fill: seriesColors[1], r: 5,
        title: () => `as given: precision ${formatNumber(given.precision)}, recall ${formatNumber(given.recall)}`,
      }),
    ],
  });
}
