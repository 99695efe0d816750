import { dot, ruleX, ruleY } from '@observablehq/plot';
import type { Interval } from '@mmhs/metrics';
import { formatInterval } from '../format.ts';
import type { Html } from '../html.ts';
import { axisName, marginFor } from './axis-names.ts';
import { drawChart, seriesColors } from './draw-chart.ts';

/** A named value with its interval. */
export interface NamedInterval extends Interval {
  readonly name: string;
}

/** Values as dots on their intervals, one a row. */
export function intervalChart(options: {
  readonly title: string;
  readonly axis: string;
  readonly rows: readonly NamedInterval[];
  /** @default [0, 1] */
  readonly domain?: [number, number];
  /** Where a line is drawn, such as 0 for differences. */
  readonly mark?: number;
}): Html {
  const { title, axis, rows, domain = [0, 1], mark } = options;
  const known = rows.filter(({ value }) => Number.isFinite(value));
  return drawChart({
    title,
    width: 460,
    height: 50 + 22 * rows.length,
    marginLeft: marginFor(rows.map(({ name }) => name)),
    marginRight: 16,
    x: { label: axis, domain, grid: true },
    y: { label: null, domain: rows.map(({ name }) => name), tickFormat: axisName, tickSize: 0 },
    marks: [
      ...(mark === undefined ? [] : [ruleX([mark], { strokeDasharray: '4 3' })]),
      ruleY(known, { x1: 'low', x2: 'high', y: 'name', stroke: seriesColors[0], strokeWidth: 3, strokeOpacity: 0.5 }),
      dot(known, { x: 'value', y: 'name', fill: seriesColors[0], r: 4.5, title: (row: NamedInterval) => `${row.name}: ${formatInterval(row)}` }),
    ],
  });
}
