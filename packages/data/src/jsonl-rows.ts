import { MmhsError } from '@mmhs/core';
import { resolveColumns, type ColumnRole, type ResolvedColumns, type SampleColumns } from './columns.ts';
import type { RowResult } from './raw-row.ts';
import { readText } from './text-stream.ts';

/**
 * Rows of a JSON Lines file, in batches; blank lines are skipped. The first row must have every column that is not
 * optional; later rows may leave out keys.
 *
 * @internal
 */
export async function* readJsonlRows(options: {
  readonly path: string;
  readonly columns: SampleColumns;
  readonly optional: ReadonlySet<ColumnRole>;
  readonly signal?: AbortSignal | undefined;
}): AsyncGenerator<RowResult[]> {
  // A picture is optional key by key: a post without one simply lacks it.
  const optional = new Set<ColumnRole>([...options.optional, 'image']);
  let columns: ResolvedColumns | undefined;
  let line = 0;
  for await (const lines of readLines(options)) {
    const batch: RowResult[] = [];
    for (const text of lines) {
      line += 1;
      if (text.trim() === '') continue;
      const where = `${options.path}:${line}`;
      const parsed = parseObject(text, where);
      if (parsed instanceof MmhsError) {
        batch.push({ error: parsed });
        continue;
      }
      columns ??= resolveColumns({ ...options, optional, available: Object.keys(parsed), where });
      batch.push(toRow(parsed, line, withImage(columns, parsed, options.columns)));
    }
    yield batch;
  }
}

/** The picture's key may turn up after the first row, so it is looked for again while unknown. */
function withImage(
  columns: ResolvedColumns,
  row: Readonly<Record<string, unknown>>,
  wanted: SampleColumns,
): ResolvedColumns {
  if (columns.image !== undefined || wanted.image === false) return columns;
  const image = ['image_path', 'image', 'img'].find((name) => Object.hasOwn(row, name));
  return image === undefined ? columns : { ...columns, image };
}

function toRow(row: Readonly<Record<string, unknown>>, line: number, columns: ResolvedColumns): RowResult {
  const cell = (name: string | undefined): unknown =>
    name !== undefined && Object.hasOwn(row, name) ? row[name] : undefined;
  return {
    line,
    columns,
    text: cell(columns.text),
    image: cell(columns.image),
    labels: cell(columns.labels),
    id: cell(columns.id),
  };
}

function parseObject(text: string, where: string): Record<string, unknown> | MmhsError {
  const fail = (got: string, cause?: unknown): MmhsError =>
    new MmhsError('MMHS_DATA_JSON', 'The line is not a JSON object', { where, got, expected: '{"text": ...}', cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(`${JSON.stringify(text.slice(0, 80))} (${reason})`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(text.slice(0, 80));
  return value as Record<string, unknown>;
}

/** Complete lines, in batches. Only LF ends a line: JSON strings may hold U+2028 and the like as they are. */
async function* readLines(options: {
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}): AsyncGenerator<string[]> {
  let rest: string[] = [];
  for await (const chunk of readText(options)) {
    const lines = chunk.split('\n');
    const last = lines.pop() ?? '';
    if (lines.length > 0) {
      lines[0] = rest.join('') + (lines[0] ?? '');
      rest = [];
      yield lines;
    }
    rest.push(last);
  }
  yield [rest.join('')];
}
