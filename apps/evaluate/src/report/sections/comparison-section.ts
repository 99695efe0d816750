import { countLabels, f1Score, pairedBootstrap, type MultilabelCounts, type PairedDifference } from '@mmhs/metrics';
import type { LabelSet } from '@mmhs/core';
import type { PairedSplit } from '../../comparison.ts';
import { intervalChart } from '../charts/interval-chart.ts';
import { formatNumber, formatPValue, formatRange } from '../format.ts';
import { html, type Html } from '../html.ts';
import { figure, table } from './figure.ts';
import { mainMetrics } from './metrics-section.ts';

/** What two systems are compared by. */
export interface ComparisonInput {
  /** What the other run is called. */
  readonly other: string;
  readonly splits: readonly PairedSplit[];
  readonly labelSet: LabelSet;
  readonly zeroDivision: 0 | 1;
  readonly resamples: number;
}

/** A metric of both systems. */
interface ComparedMetric extends PairedDifference {
  readonly name: string;
  readonly ours: number;
  readonly theirs: number;
}

/** Differences to another run, tested on the same posts. */
export function comparisonSection(input: ComparisonInput): Html {
  return html`<section id="comparison"><h2>Comparison</h2>
<p>This run against ${input.other}, on the posts that both answered. Both are scored on the same resamples (paired bootstrap); a
difference above zero is in favour of this run, except of the Hamming loss.</p>
${input.splits.map((split) => comparedSplit(split, input))}</section>`;
}

function comparedSplit(split: PairedSplit, input: ComparisonInput): Html {
  const rows = compareMetrics(split, input);
  const differences = rows.map(({ name, value, low, high }) => ({ name, value, low, high }));
  const reach = Math.max(0.01, ...differences.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]).filter(Number.isFinite));
  return html`<h3>${split.name === 'val' ? 'Validation' : 'Test'} posts (${split.gold.length}${split.unanswered > 0 && `; ${split.unanswered} more without an answer there`})</h3>
${table({
    head: ['metric', 'this run', 'the other', 'difference', '95% interval', 'p'],
    rows: rows.map((row) => [
      row.name, formatNumber(row.ours), formatNumber(row.theirs), formatNumber(row.value), formatRange(row), formatPValue(row.pValue),
    ]),
  })}
${agreement(split)}
${figure({
    heading: 'Differences with 95% intervals',
    chart: intervalChart({ title: 'Differences to the other run', axis: 'this run minus the other', rows: differences, domain: [-reach, reach], mark: 0 }),
    note: `${rows.length} tests are made here, each on its own: of twenty where nothing differs, one is expected to have p below 0.05.`,
  })}`;
}

function compareMetrics({ gold, ours, theirs }: PairedSplit, input: ComparisonInput): ComparedMetric[] {
  const { labelSet: labels, zeroDivision, resamples } = input;
  const metrics = [
    ...mainMetrics(zeroDivision),
    ...labels.map((label, index) => ({
      name: `F1 ${label}`,
      metric: (counts: MultilabelCounts) =>
        f1Score({ ...counts, average: 'none', zeroDivision })[index] as number,
    })),
  ];
  return metrics.map(({ name, metric }) => ({
    name,
    ours: metric(countLabels({ gold, predicted: ours, labels })),
    theirs: metric(countLabels({ gold, predicted: theirs, labels })),
    ...pairedBootstrap({ gold, predicted: theirs, other: ours, labels, metric, resamples }),
  }));
}

/** How many posts each system labels wholly right. */
function agreement({ gold, ours, theirs }: PairedSplit): Html {
  const isRight = (answer: readonly string[] | undefined, labels: readonly string[]): boolean =>
    answer !== undefined && answer.length === labels.length && labels.every((label) => answer.includes(label));
  const counts = { both: 0, ours: 0, theirs: 0, neither: 0 };
  gold.forEach((labels, index) => {
    const [us, them] = [isRight(ours[index], labels), isRight(theirs[index], labels)];
    counts[us ? (them ? 'both' : 'ours') : (them ? 'theirs' : 'neither')] += 1;
  });
  return html`<p>All labels right: both ${counts.both}, only this run ${counts.ours}, only the other ${counts.theirs}, neither ${counts.neither}.</p>`;
}
