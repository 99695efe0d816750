import { EventEmitter, on } from 'node:events';
import { Readable } from 'node:stream';
import { MmhsError } from '@mmhs/core';
import Papa from 'papaparse';
import { resolveColumns, type ColumnRole, type ResolvedColumns, type SampleColumns } from './columns.ts';
import type { RowResult } from './raw-row.ts';
import { readText } from './text-stream.ts';

/**
 * Rows of a CSV file (RFC 4180; LF, CRLF or CR line ends, as the header line has them), in batches.
 *
 * @internal
 */
export async function* readCsvRows(options: {
  readonly path: string;
  readonly columns: SampleColumns;
  readonly optional: ReadonlySet<ColumnRole>;
  readonly signal?: AbortSignal | undefined;
}): AsyncGenerator<RowResult[]> {
  let line = 1;
  let layout: Layout | undefined;
  for await (const { data, errors } of parseChunks(options.path, options.signal)) {
    const quoteErrors = new Map(errors.filter((error) => error.type === 'Quotes').map((error) => [error.row, error]));
    const batch: RowResult[] = [];
    for (const [index, cells] of data.entries()) {
      const start = line;
      line += 1 + cells.reduce((count, cell) => count + lineBreaks(cell), 0);
      const quoteError = quoteErrors.get(index);
      const where = `${options.path}:${start}`;
      if (quoteError !== undefined) batch.push({ error: brokenQuotes(where, quoteError.message, cells) });
      else if (cells.length === 1 && cells[0]?.trim() === '') continue;
      else if (layout === undefined) layout = readHeader(cells, { ...options, where });
      else batch.push(toRow(cells, start, layout));
    }
    yield batch;
  }
  if (layout === undefined) readHeader([], { ...options, where: options.path });
}

interface Layout {
  readonly path: string;
  readonly width: number;
  readonly columns: ResolvedColumns;
  readonly positions: Readonly<Record<ColumnRole, number>>;
}

function readHeader(
  cells: readonly string[],
  options: {
    readonly path: string;
    readonly columns: SampleColumns;
    readonly optional: ReadonlySet<ColumnRole>;
    readonly where: string;
  },
): Layout {
  const available = cells.map((cell) => cell.trim());
  const duplicate = available.find((name, index) => name !== '' && available.indexOf(name) !== index);
  if (duplicate !== undefined) {
    throw new MmhsError('MMHS_DATA_DUPLICATE_COLUMN', 'Two columns have the same name', {
      where: options.where,
      got: JSON.stringify(duplicate),
      expected: 'distinct column names',
    });
  }
  const columns = resolveColumns({ ...options, available });
  const position = (name: string | undefined): number => (name === undefined ? -1 : available.indexOf(name));
  return {
    path: options.path,
    width: cells.length,
    columns,
    positions: {
      text: position(columns.text),
      image: position(columns.image),
      labels: position(columns.labels),
      id: position(columns.id),
    },
  };
}

function toRow(cells: readonly string[], line: number, layout: Layout): RowResult {
  const { columns, positions, width } = layout;
  if (cells.length !== width) return { error: wrongWidth(cells, line, layout) };
  return {
    line,
    columns,
    text: cells[positions.text],
    image: cells[positions.image],
    labels: cells[positions.labels],
    id: cells[positions.id],
  };
}

function wrongWidth(cells: readonly string[], line: number, layout: Layout): MmhsError {
  const merged = cells.length > layout.width && cells.some((cell) => lineBreaks(cell) > 0);
  return new MmhsError('MMHS_DATA_ROW_WIDTH', 'The row does not have as many cells as the header', {
    where: `${layout.path}:${line}`,
    got: `${cells.length} cells: ${preview(cells.join(','))}`,
    expected: `${layout.width} cells`,
    fix: merged
      ? 'quote cells that hold a comma, and use the same line ends throughout the file'
      : 'quote cells that hold a comma or a line break',
  });
}

function brokenQuotes(where: string, message: string, cells: readonly string[]): MmhsError {
  return new MmhsError('MMHS_DATA_CSV_QUOTES', 'The quotes of a cell are broken', {
    where,
    got: `${preview(cells.join(','))} (${message})`,
    expected: 'a cell in double quotes with its inner quotes doubled',
  });
}

function preview(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}

function lineBreaks(cell: string): number {
  if (!cell.includes('\n') && !cell.includes('\r')) return 0;
  return cell.match(/\r\n|\n|\r/g)?.length ?? 0;
}

/** Parsed pieces of the file; the next piece is parsed when the previous one has been used. */
async function* parseChunks(path: string, signal: AbortSignal | undefined): AsyncGenerator<Papa.ParseResult<string[]>> {
  const text = readText({ path, signal });
  const first = await text.next();
  const start = first.done === true ? '' : first.value;
  const input = Readable.from(prepend(start, text), { objectMode: true, highWaterMark: 1 });
  const events = new EventEmitter();
  const chunks = on(events, 'chunk', { close: ['complete'] });
  Papa.parse<string[]>(input, {
    delimiter: ',',
    newline: lineEndOf(start),
    chunk: (results, parser) => {
      parser.pause();
      events.emit('chunk', results, parser);
    },
    complete: () => events.emit('complete'),
    error: (error) => events.emit('error', error),
  });
  try {
    for await (const [results, parser] of chunks as AsyncIterable<[Papa.ParseResult<string[]>, Papa.Parser]>) {
      yield results;
      parser.resume();
    }
  } finally {
    input.destroy();
  }
}

async function* prepend(start: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (start !== '') yield start;
  for await (const chunk of rest) if (chunk !== '') yield chunk;
}

/** Line end of the first line, quoted cells aside. */
function lineEndOf(text: string): '\n' | '\r\n' | '\r' {
  const end = /^(?:[^"\r\n]|"[^"]*")*(\r\n|\n|\r)/.exec(text)?.[1];
  return end === '\r\n' || end === '\r' ? end : '\n';
}
