import { cell, text } from '@observablehq/plot';
import type { Html } from '../html.ts';
import { axisName, marginFor } from './axis-names.ts';
import { drawChart, seriesColors } from './draw-chart.ts';

interface MatrixCell {
  readonly row: string;
  readonly column: string;
  readonly count: number;
  /** From 0 to 1. */
  readonly strength: number;
}

/** A table of counts, stronger coloured where they are larger within their row. */
export function matrixChart(options: {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly counts: readonly (readonly number[])[];
  readonly rowAxis: string;
  readonly columnAxis: string;
  /** Width of a cell in pixels. @default 44, and 32 with more than 12 columns */
  readonly size?: number;
}): Html {
  const { title, rows, columns, counts, rowAxis, columnAxis, size = columns.length > 12 ? 32 : 44 } = options;
  const cells = rows.flatMap((row, y) => columns.map((column, x): MatrixCell => {
    const count = counts[y]?.[x] ?? 0;
    return { row, column, count, strength: count / Math.max(...(counts[y] ?? []), 1) };
  }));
  const marginLeft = marginFor(rows) + (rowAxis === '' ? 0 : 14);
  // Names that are wider than their cells are turned.
  const isTurned = marginFor(columns) - 18 > size;
  const top = isTurned ? marginFor(columns) * 0.75 + 16 : 34;
  const marginRight = isTurned ? 70 : 8;
  return drawChart({
    title,
    width: marginLeft + size * columns.length + marginRight,
    height: top + 30 * rows.length + 8,
    marginLeft,
    marginTop: top,
    marginRight,
    marginBottom: 8,
    x: { label: columnAxis, domain: [...columns], axis: 'top', tickFormat: axisName, tickRotate: isTurned ? -40 : 0, tickSize: 0, labelAnchor: 'left' },
    y: { label: rowAxis, domain: [...rows], tickFormat: axisName, tickSize: 0 },
    marks: [
      cell(cells, { x: 'column', y: 'row', fill: seriesColors[0], fillOpacity: ({ strength }: MatrixCell) => 0.06 + 0.4 * strength, inset: 1, rx: 3 }),
      text(cells, { x: 'column', y: 'row', text: ({ count }: MatrixCell) => String(count) }),
    ],
  });
}
