import type { RawFiles } from '../archive/raw-files.ts';

/** Kinds of oddities of a raw data set. */
export type FindingCode =
  | 'bad_entries'
  | 'bad_ids'
  | 'damaged_images'
  | 'duplicate_ids'
  | 'entries_without_split'
  | 'ids_without_entry'
  | 'ignored_files'
  | 'images_without_entry'
  | 'left_out_of_test'
  | 'missing_images'
  | 'split_size'
  | 'unknown_labels'
  | 'unlabelled_rows'
  | 'unusual_votes';

/** Something odd about a raw data set, that was dealt with and is not to be overlooked. */
export interface Finding {
  readonly code: FindingCode;
  /** The part of the data set it is about; undefined for all of it. */
  readonly split: SplitName | undefined;
  /** What it is and what was done about it. */
  readonly message: string;
  readonly count: number;
  /** What it concerns: identifiers of posts, or paths. All of them. */
  readonly ids: readonly string[];
}

/** The parts of a data set. */
export type SplitName = 'train' | 'val' | 'test';

/** @internal */
export const splitNames: readonly SplitName[] = ['train', 'val', 'test'];

/** A list of findings that leaves out those that concern nothing. @internal */
export function createFindings(): {
  readonly list: Finding[];
  add(finding: { code: FindingCode; split?: SplitName; message: string; ids: readonly string[] }): void;
} {
  const list: Finding[] = [];
  return {
    list,
    add({ code, split, message, ids }) {
      if (ids.length > 0) list.push({ code, split, message, count: ids.length, ids });
    },
  };
}

/** Says which split is not as large as the published one. @internal */
export function checkSize(split: SplitName, rows: number, expected: number): Finding | undefined {
  if (rows === expected) return undefined;
  const message = `has ${rows} posts, but ${expected} in the published data set`;
  return { code: 'split_size', split, message, count: Math.abs(expected - rows), ids: [] };
}

/** @internal */
export function ignoredFiles(raw: RawFiles): Finding[] {
  const findings = createFindings();
  findings.add({
    code: 'ignored_files',
    message: 'entries of the archive are links, encrypted, there twice or otherwise unusable, and were ignored',
    ids: raw.ignored.map(({ path, reason }) => `${path} (${reason})`),
  });
  return findings.list;
}
