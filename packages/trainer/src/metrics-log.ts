import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MmhsError } from '@mmhs/core';
import { writeFileAtomically } from '@mmhs/runtime';

/** One line of a metrics log: the update it belongs to, and what was measured. */
export type MetricsRow = Readonly<Record<string, unknown>> & { readonly step: number };

/** A `metrics.jsonl` file being written. */
export interface MetricsLog {
  /** Appends one line. A crash can at worst leave part of the last line, which resuming removes. */
  append(row: MetricsRow): Promise<void>;
  /** Flushes to the disk and closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a log with one JSON object per line.
 *
 * The file begins with `rows` and nothing else: none for a fresh run, those of the checkpoint for a resumed one. What an
 * interrupted run wrote after its checkpoint is about to be measured again.
 */
export async function openMetricsLog(options: { readonly path: string; readonly rows?: readonly MetricsRow[] }): Promise<MetricsLog> {
  const { path, rows = [] } = options;
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically({ path, write: (file) => file.writeFile(rows.map(formatRow).join('')) });
  const file = await open(path, 'a');
  return {
    append: (row) => file.appendFile(formatRow(row)),
    close: async () => {
      await file.sync();
      await file.close();
    },
  };
}

/**
 * Reads a metrics log; an absent file is an empty log, and a last line without its line break was cut short and is left out.
 *
 * @throws MmhsError `MMHS_TRAINER_METRICS_LOG` naming the line when another line is not an object with a `step`.
 */
export async function readMetricsLog(options: { readonly path: string }): Promise<MetricsRow[]> {
  const { path } = options;
  const lines = (await readIfPresent(path)).split('\n').slice(0, -1);
  return lines.map((line, index) => {
    const row = parseRow(line);
    if (row !== undefined) return row;
    throw new MmhsError('MMHS_TRAINER_METRICS_LOG', 'A line of the metrics log is not readable', {
      where: `${path}:${index + 1}`,
      got: JSON.stringify(line.slice(0, 80)),
      expected: 'a JSON object with a step',
      fix: 'remove the line, or start the run in another folder',
    });
  });
}

/** JSON has no NaN and no infinity; they become null. */
function formatRow(row: MetricsRow): string {
  return `${JSON.stringify(row)}\n`;
}

function parseRow(line: string): MetricsRow | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isRow = typeof value === 'object' && value !== null && 'step' in value && typeof value.step === 'number';
    return isRow ? (value as MetricsRow) : undefined;
  } catch {
    return undefined;
  }
}

async function readIfPresent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
