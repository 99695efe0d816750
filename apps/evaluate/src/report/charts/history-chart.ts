import { dot, line } from '@observablehq/plot';
import { formatNumber } from '../format.ts';
import type { Html } from '../html.ts';
import { drawChart, seriesColors, seriesDashes } from './draw-chart.ts';

/** A measured value over the steps of training. */
export interface HistorySeries {
  readonly name: string;
  readonly points: readonly HistoryPoint[];
}

interface HistoryPoint {
  readonly step: number;
  readonly value: number;
}

/** Up to three values over the steps of training. */
export function historyChart(options: {
  readonly title: string;
  readonly series: readonly HistorySeries[];
  /** @default as the values want it, from 0 */
  readonly domain?: [number, number] | undefined;
}): Html {
  const { title, series, domain } = options;
  return drawChart({
    title,
    width: 380,
    height: 230,
    marginLeft: 52,
    x: { label: 'step', nice: true, ticks: 5 },
    y: { label: null, grid: true, ticks: 5, ...(domain === undefined ? { zero: true, nice: true } : { domain }) },
    marks: series.flatMap(({ name, points }, index) => [
      line(points, { x: 'step', y: 'value', stroke: seriesColors[index] as string, strokeDasharray: seriesDashes[index] as string, strokeWidth: 1.8 }),
      // Few measurements are shown one by one; of many the line is enough.
      ...(points.length <= 30 ? [dot(points, {
        x: 'step', y: 'value', fill: seriesColors[index] as string, r: 2.5, title: ({ step, value }: HistoryPoint) => `${name} at step ${step}: ${formatNumber(value, 4)}`,
      })] : []),
    ]),
  });
}
