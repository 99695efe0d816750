import { dot, line, link, rectY } from '@observablehq/plot';
import type { ReliabilityBin } from '@mmhs/metrics';
import { formatNumber } from '../format.ts';
import type { Html } from '../html.ts';
import { drawChart, seriesColors, shareScale, smallChart } from './draw-chart.ts';

/** A reliability diagram: what came true against what was said, and in bars how many posts are in each bin. */
export function reliabilityChart({ title, bins }: { readonly title: string; readonly bins: readonly ReliabilityBin[] }): Html {
  const total = bins.reduce((sum, { weight }) => sum + weight, 0);
  const filled = bins.filter(({ weight }) => weight > 0);
  return drawChart({
    title,
    ...smallChart,
    x: shareScale('probability said'),
    y: shareScale('share that is true'),
    marks: [
      rectY(bins, {
        x1: 'low', x2: 'high', y: ({ weight }: ReliabilityBin) => weight / total, fill: seriesColors[1], fillOpacity: 0.3, inset: 1,
      }),
      link([0], { x1: () => 0, y1: () => 0, x2: () => 1, y2: () => 1, strokeDasharray: '3 3', strokeOpacity: 0.6 }),
      line(filled, { x: 'meanProbability', y: 'positiveShare', stroke: seriesColors[0], strokeWidth: 1.5 }),
      dot(filled, { x: 'meanProbability', y: 'positiveShare', fill: seriesColors[0], r: 3.5, title: describeBin }),
    ],
  });
}

function describeBin({ meanProbability, positiveShare, weight }: ReliabilityBin): string {
  return `${weight} posts: said ${formatNumber(meanProbability)}, true ${formatNumber(positiveShare)}`;
}
