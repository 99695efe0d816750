import { MmhsError } from '@mmhs/core';
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
  type SchemaTree,
} from 'hyparquet';
import { resolveColumns, type ColumnRole, type ResolvedColumns, type SampleColumns } from './columns.ts';
import type { RowResult } from './raw-row.ts';

/**
 * Rows of a Parquet file (uncompressed or Snappy), a row group at a time; only the columns needed are read. A row's "line" is
 * its number in the file, from 1.
 *
 * @internal
 */
export async function* readParquetRows(options: {
  readonly path: string;
  readonly columns: SampleColumns;
  readonly optional: ReadonlySet<ColumnRole>;
  readonly signal?: AbortSignal | undefined;
}): AsyncGenerator<RowResult[]> {
  const { path, signal } = options;
  const { file, metadata } = await openParquet(path);
  const fields = parquetSchema(metadata).children;
  const available = fields.map(({ element }) => element.name);
  const columns = resolveColumns({ ...options, available, where: path });
  refuseEmbeddedPictures(fields, columns.image, path);
  const wanted = [columns.text, columns.image, columns.labels, columns.id].filter((name) => name !== undefined);
  let line = 1;
  for (const group of metadata.row_groups) {
    signal?.throwIfAborted();
    const rowStart = line - 1;
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await unlessBroken(path, () =>
      parquetReadObjects({ file, metadata, columns: wanted.filter((name) => available.includes(name)), rowStart, rowEnd }),
    );
    yield rows.map((row, index) => toRow(row, line + index, columns));
    line += rows.length;
  }
}

function toRow(row: Readonly<Record<string, unknown>>, line: number, columns: ResolvedColumns): RowResult {
  const cell = (name: string | undefined): unknown => {
    const value = name === undefined ? undefined : row[name];
    // 64-bit integers come as bigint, which neither JSON nor the checks of cells know.
    return typeof value === 'bigint' ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)) : value;
  };
  return {
    line,
    columns,
    text: cell(columns.text),
    image: cell(columns.image),
    labels: cell(columns.labels),
    id: cell(columns.id),
  };
}

async function openParquet(path: string): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  let file: AsyncBuffer;
  try {
    file = await asyncBufferFromFile(path);
  } catch (cause) {
    throw fileError(path, cause);
  }
  if (file.byteLength === 0) throw parquetError(path, 'an empty file');
  const metadata = await unlessBroken(path, () => parquetMetadataAsync(file));
  return { file, metadata };
}

async function unlessBroken<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const isSystemError = cause instanceof Error && 'syscall' in cause; // a folder, for example, opens but cannot be read
    throw isSystemError ? fileError(path, cause) : parquetError(path, messageOf(cause), cause);
  }
}

function fileError(path: string, cause: unknown): MmhsError {
  return new MmhsError('MMHS_DATA_FILE', 'The file cannot be read', { where: path, got: messageOf(cause), cause });
}

function parquetError(path: string, got: string, cause?: unknown): MmhsError {
  const expected = 'a Parquet file, uncompressed or compressed with Snappy';
  return new MmhsError('MMHS_DATA_PARQUET', 'The Parquet file cannot be decoded', { where: path, got, expected, cause });
}

function refuseEmbeddedPictures(fields: readonly SchemaTree[], image: string | undefined, path: string): void {
  const field = fields.find(({ element }) => element.name === image);
  if (field === undefined || field.children.length === 0) return;
  throw new MmhsError('MMHS_DATA_EMBEDDED_IMAGES', 'The pictures lie inside the file', {
    where: `${path}:${image}`,
    got: `a column with the parts ${field.children.map(({ element }) => element.name).join(', ')}`,
    expected: 'a column of paths',
    fix: 'write the pictures to files and name these in the column',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
