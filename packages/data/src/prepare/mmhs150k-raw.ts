import { MmhsError } from '@mmhs/core';
import { z } from 'zod';
import { findPath, type RawFiles } from '../archive/raw-files.ts';
import { splitNames, type SplitName } from './findings.ts';

/** The classes annotators voted for, by number from 1. 0 is not hateful. @internal */
export const mmhsClassNames = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'] as const;

const entrySchema = z.object({
  tweet_text: z.string('a text'),
  labels: z.array(z.int().min(0).max(mmhsClassNames.length), 'a list of votes').min(1),
});

/** A tweet and its votes. @internal */
export interface MmhsEntry {
  readonly text: string;
  readonly votes: readonly number[];
}

/** MMHS150K as published. @internal */
export interface MmhsRaw {
  readonly entries: ReadonlyMap<string, MmhsEntry>;
  /** Entries that cannot be read, and why. */
  readonly badEntries: readonly { readonly id: string; readonly reason: string }[];
  /** Identifiers by split as they stand in their files. */
  readonly ids: Readonly<Record<SplitName, readonly string[]>>;
  /** Paths of pictures by tweet. */
  readonly images: ReadonlyMap<string, string>;
  /** Paths of recognised text by tweet. */
  readonly imageTexts: ReadonlyMap<string, string>;
}

const maxTextBytes = 2 ** 29;

/**
 * Reads everything of MMHS150K but its pictures.
 *
 * @throws MmhsError `MMHS_DATA_RAW_FORMAT` for missing or unreadable files.
 * @internal
 */
export async function readMmhsRaw(raw: RawFiles): Promise<MmhsRaw> {
  const truth = await readNamed(raw, 'MMHS150K_GT.json');
  const ids = { train: [] as string[], val: [] as string[], test: [] as string[] };
  for (const split of splitNames) {
    const { text } = await readNamed(raw, `${split}_ids.txt`);
    ids[split] = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  }
  return {
    ...parseEntries(truth.text, `${raw.name}: ${truth.path}`),
    ids,
    images: indexFiles(raw, 'img_resized', ['.jpg', '.jpeg', '.png']),
    imageTexts: indexFiles(raw, 'img_txt', ['.json']),
  };
}

/** Text recognised in a picture; `''` when the file does not hold any. @internal */
export async function readImageText(raw: RawFiles, path: string): Promise<string> {
  const text = (await raw.read(path, { maxBytes: 2 ** 20 })).toString('utf8');
  try {
    return z.object({ img_text: z.string() }).parse(JSON.parse(text)).img_text;
  } catch {
    return '';
  }
}

async function readNamed(raw: RawFiles, name: string): Promise<{ readonly path: string; readonly text: string }> {
  const path = findPath(raw, name);
  if (path === undefined) {
    throw new MmhsError('MMHS_DATA_RAW_FORMAT', 'A file of MMHS150K is missing', {
      where: raw.name,
      got: `${raw.files.size} files, none of them ${name}`,
      expected: 'MMHS150K_GT.json, img_resized/ and splits/{train,val,test}_ids.txt',
      fix: 'pass the archive as published, or the folder it was unpacked to',
    });
  }
  return { path, text: (await raw.read(path, { maxBytes: maxTextBytes })).toString('utf8') };
}

function parseEntries(text: string, where: string): Pick<MmhsRaw, 'entries' | 'badEntries'> {
  const entries = new Map<string, MmhsEntry>();
  const badEntries: { id: string; reason: string }[] = [];
  for (const [id, value] of Object.entries(parseObject(text, where))) {
    const entry = entrySchema.safeParse(value);
    if (entry.success) entries.set(id, { text: entry.data.tweet_text, votes: entry.data.labels });
    else badEntries.push({ id, reason: entry.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') });
  }
  return { entries, badEntries };
}

function parseObject(text: string, where: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new MmhsError('MMHS_DATA_RAW_FORMAT', 'The annotations are not a JSON object', {
      where,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: '{"<tweet id>": {"tweet_text": ..., "labels": [...]}}',
      cause,
    });
  }
}

/** Files of a folder of any depth by their names without extension. */
function indexFiles(raw: RawFiles, folder: string, extensions: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const pattern = new RegExp(`(?:^|/)${folder}/([^/]+)(\\.[^./]+)$`);
  for (const path of raw.files.keys()) {
    const [, name, extension] = pattern.exec(path) ?? [];
    if (name !== undefined && extension !== undefined && extensions.includes(extension.toLowerCase())) found.set(name, path);
  }
  return found;
}
