import { line, ruleX } from '@observablehq/plot';
import type { Html } from '../html.ts';
import { drawChart, seriesColors, seriesDashes, shareScale, smallChart } from './draw-chart.ts';

/** What a threshold gives. */
export interface ThresholdPoint {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** A label's precision, recall and F1 against its threshold. */
export function thresholdChart(options: {
  readonly title: string;
  readonly points: readonly ThresholdPoint[];
  /** The label's threshold; Infinity for never. */
  readonly threshold: number;
}): Html {
  const { title, points, threshold } = options;
  const [f1, precision, recall] = seriesColors;
  return drawChart({
    title,
    ...smallChart,
    x: shareScale('threshold'),
    y: { ...shareScale(''), label: null },
    marks: [
      line(points, { x: 'threshold', y: 'precision', stroke: precision, strokeDasharray: seriesDashes[1] }),
      line(points, { x: 'threshold', y: 'recall', stroke: recall, strokeDasharray: seriesDashes[2] }),
      line(points, { x: 'threshold', y: 'f1', stroke: f1, strokeWidth: 2.5 }),
      ...(threshold <= 1 ? [ruleX([threshold], { strokeOpacity: 0.7 })] : []),
    ],
  });
}
