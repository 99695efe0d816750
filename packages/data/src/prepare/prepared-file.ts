import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Finding, SplitName } from './findings.ts';

/** What became of one split. */
export interface PreparedSplit {
  readonly posts: number;
  /** Posts of the published data set. */
  readonly publishedPosts: number;
  /** Posts with each label. */
  readonly labels: Readonly<Record<string, number>>;
  readonly withoutLabel: number;
}

/** What a prepared data set is like. */
export interface PreparedReport {
  readonly dataset: string;
  /** Settings that shaped it. */
  readonly settings: Readonly<Record<string, string | boolean>>;
  readonly splits: Readonly<Record<SplitName, PreparedSplit>>;
  /** Everything odd about the raw data, and what was done about it. */
  readonly findings: readonly Finding[];
}

/** Name of the file that a prepared data set's report is in. @internal */
const preparedFileName = 'prepared.json';

const recordSchema = z.object({
  version: z.literal(1),
  source: z.string(),
  /** Sizes of the files made, besides pictures. */
  files: z.record(z.string(), z.number()),
  report: z.custom<PreparedReport>((value) => typeof value === 'object' && value !== null),
});

/** A report with what is needed to tell whether its data set is still as it was made. @internal */
export type PreparedRecord = z.infer<typeof recordSchema>;

/** The record of a folder made before; undefined where there is none, or where files have changed since. @internal */
export async function readPrepared(folder: string): Promise<PreparedRecord | undefined> {
  try {
    const record = recordSchema.parse(JSON.parse(await readFile(join(folder, preparedFileName), 'utf8')));
    for (const [name, bytes] of Object.entries(record.files)) {
      if ((await stat(join(folder, name))).size !== bytes) return undefined;
    }
    return record;
  } catch {
    return undefined;
  }
}

/** @internal */
export async function writePrepared(
  folder: string,
  options: { readonly source: string; readonly files: readonly string[]; readonly report: PreparedReport },
): Promise<void> {
  const files: Record<string, number> = {};
  for (const name of options.files) files[name] = (await stat(join(folder, name))).size;
  const record: PreparedRecord = { version: 1, source: options.source, files, report: options.report };
  await writeFile(join(folder, preparedFileName), `${JSON.stringify(record, undefined, 2)}\n`);
}
