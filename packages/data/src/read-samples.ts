import { extname } from 'node:path';
import { MmhsError, type LabelSet, type Sample } from '@mmhs/core';
import type { ColumnRole, SampleColumns } from './columns.ts';
import { readCsvRows } from './csv-rows.ts';
import { readJsonlRows } from './jsonl-rows.ts';
import { readParquetRows } from './parquet-rows.ts';
import { toProblem, type DataProblem } from './problem.ts';
import type { RowResult } from './raw-row.ts';
import { createRowReader } from './row-to-sample.ts';

/** File formats of labelled posts. */
export type SampleFormat = 'csv' | 'jsonl' | 'parquet';

/** Options of {@link readSamples}. */
export interface ReadSamplesOptions {
  /** The CSV, JSON Lines or Parquet file. */
  readonly path: string;
  /** Format; `'auto'` goes by the file name (`.csv`; `.jsonl`, `.ndjson`; `.parquet`). @default 'auto' */
  readonly format?: 'auto' | SampleFormat;
  /** Column names where they are not the usual ones. */
  readonly columns?: SampleColumns;
  /** Folder that picture paths start from. @default the file's folder */
  readonly imageRoot?: string;
  /** Label list. Left out, labels stay as written: only for finding out which there are. */
  readonly labelSet?: LabelSet;
  /** Whether every post must have gold labels; posts without get none. @default true */
  readonly requireLabels?: boolean;
  /** What to do with a label that is not in the list. @default 'error' */
  readonly onUnknownLabel?: 'error' | 'drop';
  /** What to do with a row that is not usable. @default 'error' */
  readonly onBadRow?: 'error' | 'skip';
  /** Told of every row skipped and every label dropped. */
  readonly onProblem?: (problem: DataProblem) => void;
  readonly signal?: AbortSignal;
}

/**
 * Streams labelled posts from a CSV, JSON Lines or Parquet file, in file order, reading no faster than they are taken.
 *
 * CSV is RFC 4180 with a header line, with or without byte order mark, LF or CRLF. Labels are a comma list, a JSON
 * array, a Python list, or 0/1 (1 is `harmful`). Missing text is `''`. Every error names `file:line:column` and the value.
 *
 * @throws MmhsError about the file: `MMHS_DATA_FILE`, `MMHS_DATA_FORMAT`, `MMHS_DATA_ENCODING`, `MMHS_DATA_PARQUET`,
 * `MMHS_DATA_MISSING_COLUMN`, `MMHS_DATA_DUPLICATE_COLUMN`, `MMHS_DATA_EMBEDDED_IMAGES`; about a row, unless skipped:
 * `MMHS_DATA_CSV_QUOTES`, `MMHS_DATA_JSON`, `MMHS_DATA_ROW_WIDTH`, `MMHS_DATA_CELL`, `MMHS_DATA_LABELS`,
 * `MMHS_DATA_NO_LABEL`, `MMHS_DATA_UNKNOWN_LABEL`, `MMHS_DATA_EMPTY_POST`, `MMHS_DATA_DUPLICATE_ID`.
 */
export async function* readSamples(options: ReadSamplesOptions): AsyncGenerator<Sample, void, undefined> {
  const { onBadRow = 'error', onProblem } = options;
  const read = createRowReader({
    path: options.path,
    imageRoot: options.imageRoot,
    labelSet: options.labelSet,
    requireLabels: options.requireLabels ?? true,
    onUnknownLabel: options.onUnknownLabel ?? 'error',
    onDroppedLabel: (error) => onProblem?.(toProblem('label', error)),
  });
  for await (const batch of openRows(options)) {
    options.signal?.throwIfAborted();
    for (const row of batch) {
      try {
        if ('error' in row) throw row.error;
        yield read(row);
      } catch (error) {
        if (onBadRow === 'error' || !MmhsError.isInstance(error)) throw error;
        onProblem?.(toProblem('row', error));
      }
    }
  }
}

function openRows(options: ReadSamplesOptions): AsyncGenerator<RowResult[]> {
  const { path, columns = {}, signal } = options;
  const optional = new Set<ColumnRole>(['id']);
  if (options.requireLabels === false) optional.add('labels');
  return rowReaders[formatOf(options)]({ path, columns, optional, signal });
}

const rowReaders = { csv: readCsvRows, jsonl: readJsonlRows, parquet: readParquetRows } as const;

function formatOf(options: ReadSamplesOptions): SampleFormat {
  const { path, format = 'auto' } = options;
  if (format !== 'auto') return format;
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl';
  if (extension === '.parquet') return 'parquet';
  throw new MmhsError('MMHS_DATA_FORMAT', 'The file name does not tell the format', {
    where: path,
    got: extension === '' ? 'no extension' : extension,
    expected: '.csv, .jsonl, .ndjson or .parquet',
    fix: "pass format: 'csv', 'jsonl' or 'parquet'",
  });
}
