import { plot, type PlotOptions } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { trusted, type Html } from '../html.ts';

/** Colours of series, set by the page for light and dark. */
export const seriesColors = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)'] as const;

/** Dashes of series, as the page's legend shows them. */
export const seriesDashes = ['none', '5 3', '1.5 3'] as const;

const placeAttributes = ['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'width', 'height'];

/** How far a narrow page may shrink a chart, so that its words can still be read; below that it scrolls. */
const smallestScale = 0.6;

/**
 * Draws a chart as inline SVG, without a browser.
 *
 * @param options.title what the chart shows, for those who cannot see it
 */
export function drawChart({ title, ...options }: PlotOptions & { readonly title: string; readonly width: number }): Html {
  const { document } = parseHTML('<!doctype html><html lang="en"><body></body></html>');
  const svg = plot({
    ...options,
    document,
    className: 'plot',
    ariaLabel: title,
    style: { background: 'none', color: 'inherit', overflow: 'visible', fontSize: '11px', minWidth: `${Math.round(smallestScale * options.width)}px` },
  });
  svg.setAttribute('role', 'img');
  for (const element of svg.querySelectorAll('*')) shortenPlaces(element);
  return trusted(svg.outerHTML);
}

/** Hundredths of a pixel are enough, and half the size. */
function shortenPlaces(element: { getAttribute(name: string): string | null; setAttribute(name: string, value: string): void }): void {
  for (const name of placeAttributes) {
    const value = element.getAttribute(name);
    if (value !== null) element.setAttribute(name, value.replaceAll(/(\d\.\d\d)\d+/g, '$1'));
  }
}

/** Size of charts of which there is one for each label: five stand beside one another on a wide screen. */
export const smallChart = { width: 214, height: 196, marginLeft: 32, marginRight: 12 } as const;

/** Scale of shares: probabilities, precision, F1. */
export function shareScale(label: string): { label: string; domain: [number, number]; ticks: number; grid: boolean } {
  return { label, domain: [0, 1], ticks: 5, grid: true };
}
