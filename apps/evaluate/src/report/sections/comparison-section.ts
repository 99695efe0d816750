import { f1Score, holmCorrection, pairedBootstraps, type MultilabelCounts, type PairedDifference } from '@mmhs/metrics';
import type { LabelSet } from '@mmhs/core';
import type { PairedSplit } from '../../comparison.ts';
import { intervalChart } from '../charts/interval-chart.ts';
import { formatNumber, formatPValue, formatRange } from '../format.ts';
import { html, type Html } from '../html.ts';
import { mainMetrics, metricsByLabel, scoreMetrics, undefinedScores } from '../main-metrics.ts';
import { figure, table } from './figure.ts';

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
}

/** Differences to another run, tested on the same posts. */
export function comparisonSection(input: ComparisonInput): Html {
  return html`<section id="comparison"><h2>Comparison</h2>
<p>This run against ${input.other}, on the posts that both answered. Both are scored on the same resamples (paired bootstrap); a
difference above zero is in favour of this run, except of the Hamming loss.</p>
${input.splits.map((split) => comparedSplit(split, input))}</section>`;
}

function comparedSplit(split: PairedSplit, input: ComparisonInput): Html {
  const { main, byLabel } = compareSplit(split, input);
  return html`<h3>${split.name === 'val' ? 'Validation' : 'Test'} posts (${split.gold.length}${split.unanswered > 0 && `; ${split.unanswered} more without an answer there`})</h3>
${comparedTable('metric', main)}
${agreement(split)}
${comparedTable('F1 of the label', byLabel)}
${figure({
    heading: 'Differences with 95% intervals',
    chart: differencesChart([...main, ...byLabel.map((row) => ({ ...row, name: `F1 ${row.name}` }))]),
    note: `p is each test's own. The corrected p (Holm) counts the ${main.length} metrics, and the ${byLabel.length} labels, as one family each:
where nothing differs, the chance that any test of the family has a corrected p below 0.05 is at most 0.05. Intervals are not corrected.
${split.scores === undefined ? '' : undefinedScores}`,
  })}`;
}

/** This run is the second of the two systems. */
function comparedTable(head: string, rows: readonly ComparedMetric[]): Html {
  const corrected = holmCorrection(rows.map(({ pValue }) => pValue));
  return table({
    head: [head, 'this run', 'the other', 'difference', '95% interval', 'p', 'p, corrected'],
    rows: rows.map((row, index) => [
      row.name, formatNumber(row.values[1]), formatNumber(row.values[0]), formatNumber(row.value), formatRange(row), formatPValue(row.pValue),
      formatPValue(corrected[index] as number),
    ]),
  });
}

function differencesChart(rows: readonly ComparedMetric[]): Html {
  const reach = Math.max(0.01, ...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]).filter(Number.isFinite));
  return intervalChart({ title: 'Differences to the other run', axis: 'this run minus the other', rows, domain: [-reach, reach], mark: 0 });
}

/** All tests of a split, on the same resamples. */
function compareSplit({ gold, ours, theirs, scores }: PairedSplit, input: ComparisonInput): {
  readonly main: ComparedMetric[];
  readonly byLabel: ComparedMetric[];
} {
  const { labelSet: labels, zeroDivision, resamples } = input;
  const main = mainMetrics(zeroDivision);
  const f1 = metricsByLabel(labels, (counts: MultilabelCounts) => f1Score({ ...counts, average: 'none', zeroDivision }));
  const metrics = { ...main, ...Object.fromEntries(f1.map((metric, index) => [labelKey(index), metric])) };
  const options = { gold, predicted: theirs, other: ours, labels, resamples };
  const rows = scores === undefined
    ? pairedBootstraps({ ...options, metrics })
    : pairedBootstraps({ ...options, scores: scores.theirs, otherScores: scores.ours, metrics: { ...metrics, ...scoreMetrics } });
  const rowOf = (key: string, name = key): ComparedMetric => ({ name, ...(rows[key] as PairedDifference) });
  return {
    main: Object.keys({ ...main, ...(scores && scoreMetrics) }).map((name) => rowOf(name)),
    byLabel: labels.map((label, index) => rowOf(labelKey(index), label)),
  };
}

/** Labels may be called anything, also like a metric. */
function labelKey(index: number): string {
  return `label ${index}`;
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
