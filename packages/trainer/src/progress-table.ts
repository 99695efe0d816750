import type { Evaluation } from './artifacts.ts';
import { nameOfLabel } from './label-name.ts';

/**
 * Writes evaluations for a terminal: a row of metrics per split, a table per label of the last split, and the
 * zero-division policy.
 */
export function formatEvaluations(options: {
  /** By split, in the order of the rows. */
  readonly evaluations: Readonly<Record<string, Evaluation>>;
  readonly zeroDivision: 0 | 1;
}): string {
  const splits = Object.entries(options.evaluations);
  const last = splits.at(-1);
  if (last === undefined) return '';
  const rows = splits.map(([split, { report, invalidJsonRate, samples }]) => [
    split, String(samples),
    ...[report.f1Micro, report.f1Macro, report.subsetAccuracy, report.hammingLoss, invalidJsonRate].map(formatScore),
  ]);
  const labels = last[1].report.perLabel.map(({ label, precision, recall, f1, support }) => [
    nameOfLabel(label), formatScore(precision), formatScore(recall), formatScore(f1), String(support),
  ]);
  return [
    formatTable([['split', 'posts', 'f1_micro', 'f1_macro', 'subset_accuracy', 'hamming_loss', 'invalid_json'], ...rows]),
    formatTable([[`label (${last[0]})`, 'precision', 'recall', 'f1', 'support'], ...labels]),
    `0/0 counts as ${options.zeroDivision} (--zero_division).`,
  ].join('\n\n');
}

function formatScore(value: number): string {
  return value.toFixed(4);
}

/** Lines up columns: names to the left, numbers to the right. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const format = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  };
  return rows.map((row) => row.map(format).join('  ')).join('\n');
}
