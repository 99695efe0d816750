import { open } from 'node:fs/promises';
import Papa from 'papaparse';

const rowsAtOnce = 2000;

/** Writes a CSV file: RFC 4180 quoting, lines ended by LF. @internal */
export async function writeRows(options: {
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): Promise<void> {
  const { path, columns, rows } = options;
  const file = await open(path, 'w');
  const write = (lines: (readonly string[])[]): Promise<void> =>
    file.writeFile(`${Papa.unparse(lines as string[][], { newline: '\n' })}\n`);
  try {
    await write([columns]);
    for (let start = 0; start < rows.length; start += rowsAtOnce) await write(rows.slice(start, start + rowsAtOnce));
    await file.sync();
  } finally {
    await file.close();
  }
}
