import { MmhsError } from '@mmhs/core';
import { identifyRaw, type RawFiles } from '../archive/raw-files.ts';
import type { Fetch } from '../download/download-source.ts';
import { buildDataSet, isInTheWay, type MissingImagePolicy } from './build-data-set.ts';
import type { DataSetPlan } from './data-set-plan.ts';
import { readPrepared, type PreparedRecord, type PreparedReport } from './prepared-file.ts';

/** How far the preparation of a data set is. */
export interface PrepareProgress {
  readonly phase: 'download' | 'unpack';
  readonly done: number;
  /** Undefined while unknown. */
  readonly total: number | undefined;
  readonly unit: 'bytes' | 'files';
}

/** Options that every data set's preparation has. */
export interface PrepareOptions {
  /** Folder to make the data set's folder in; raw files are kept beside it in `_raw_...`. */
  readonly outRoot: string;
  /** The raw data set, if it is here already: a zip file, or a folder. Left out, it is downloaded. */
  readonly archive?: string | undefined;
  /** What to do with posts whose pictures are missing or damaged; they are reported in any case. @default 'skip' */
  readonly onMissingImage?: MissingImagePolicy;
  /** Whether a folder that is there already may be replaced. @default false */
  readonly overwrite?: boolean;
  /** Milliseconds before a broken download is taken up again; see `downloadFile`. @default 1000 */
  readonly retryDelay?: number;
  /** For proxies. @default the global fetch */
  readonly fetch?: Fetch;
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** Told what is being done, in a line. */
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** A data set that is ready. */
export interface PreparedDataSet extends PreparedReport {
  readonly folder: string;
  /** `unchanged`: it was there already, made with the same settings. */
  readonly outcome: 'made' | 'unchanged';
}

/**
 * Makes a data set's folder, unless it is there already, made from the same archive with the same settings.
 *
 * @throws MmhsError `MMHS_DATA_OUTPUT_EXISTS` when another folder is in the way.
 * @internal
 */
export async function prepareFolder(
  options: PrepareOptions & {
    readonly dataset: string;
    readonly folder: string;
    readonly settings: Readonly<Record<string, string | boolean>>;
    readonly openRaw: () => Promise<RawFiles>;
    readonly plan: (raw: RawFiles) => Promise<DataSetPlan>;
  },
): Promise<PreparedDataSet> {
  const { dataset, folder, archive, onMissingImage = 'skip', overwrite = false, onProgress, onNote, signal } = options;
  const settings = { ...options.settings, on_missing_image: onMissingImage };
  const earlier = await readPrepared(folder);
  if (earlier !== undefined && (await isSame(earlier, settings, archive))) {
    return { ...earlier.report, folder, outcome: 'unchanged' };
  }
  if (!overwrite && (await isInTheWay(folder))) throw inTheWay(folder, earlier, settings);
  const raw = await options.openRaw();
  try {
    onNote?.(`Reading ${raw.name}`);
    const plan = await options.plan(raw);
    const report = await buildDataSet({
      dataset, folder, settings, plan, raw, onMissingImage, signal,
      onProgress: (progress) => onProgress?.({ phase: 'unpack', unit: 'files', ...progress }),
    });
    return { ...report, folder, outcome: 'made' };
  } finally {
    await raw.close();
  }
}

async function isSame(
  earlier: PreparedRecord,
  settings: Readonly<Record<string, string | boolean>>,
  archive: string | undefined,
): Promise<boolean> {
  if (JSON.stringify(earlier.report.settings) !== JSON.stringify(settings)) return false;
  return archive === undefined || earlier.source === (await identifyRaw(archive));
}

function inTheWay(
  folder: string,
  earlier: PreparedRecord | undefined,
  settings: Readonly<Record<string, string | boolean>>,
): MmhsError {
  const made = earlier && JSON.stringify(earlier.report.settings);
  return new MmhsError('MMHS_DATA_OUTPUT_EXISTS', 'A folder is in the way', {
    where: folder,
    got:
      made === undefined ? 'a folder of another making, or changed since it was made'
      : made === JSON.stringify(settings) ? 'a data set made from another archive'
      : `a data set made with ${made}`,
    expected: `none, or one made with ${JSON.stringify(settings)}`,
    fix: 'remove or rename it, or allow it to be overwritten',
  });
}

/** The options of a download that are the same for all its files. @internal */
export function downloadOptionsOf(options: PrepareOptions): Pick<PrepareOptions, 'fetch' | 'retryDelay' | 'signal'> {
  const { fetch, retryDelay, signal } = options;
  return {
    ...(fetch !== undefined && { fetch }),
    ...(retryDelay !== undefined && { retryDelay }),
    ...(signal !== undefined && { signal }),
  };
}
