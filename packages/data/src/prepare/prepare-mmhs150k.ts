import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import { openRawFiles } from '../archive/open-raw-files.ts';
import { downloadFile } from '../download/download-file.ts';
import { urlSource, type DownloadSource } from '../download/download-source.ts';
import { googleDriveSource } from '../download/google-drive.ts';
import { partialFile } from '../download/partial-file.ts';
import { planMmhs150k } from './mmhs150k-plan.ts';
import { downloadOptionsOf, prepareFolder, type PreparedDataSet, type PrepareOptions } from './prepare-folder.ts';
import type { VotePolicy } from './vote-policy.ts';

/** Options of {@link prepareMmhs150k}. */
export interface PrepareMmhs150kOptions extends PrepareOptions {
  /** How three annotators' votes become labels. @default 'any', as the original does */
  readonly votePolicy?: VotePolicy;
  /** Whether to add the text recognised in the pictures as the column `ocr_text`. @default false */
  readonly ocr?: boolean;
  /** Where to download from; the next one is tried when one fails. @default its authors' Google Drive file, then their server */
  readonly sources?: readonly DownloadSource[];
  /** SHA-256 that the download must have, in hexadecimal. Its authors publish none. */
  readonly sha256?: string | undefined;
}

/** Where the authors of MMHS150K put it (https://gombru.github.io/2019/10/09/MMHS/). */
const publishedSources: readonly DownloadSource[] = [
  googleDriveSource({ id: '1S9mMhZFkntNnYdO-1dZXwF_8XIiFcmlF' }),
  urlSource('https://datasets.cvc.uab.es/MMHS150K/MMHS150K.zip'),
];

/**
 * Makes `<outRoot>/mmhs150k` of MMHS150K (Gomez et al., WACV 2020): `images/`, `train.csv`, `val.csv`, `test.csv` with the
 * columns `text`, `image_path`, `labels`, and `class_names.txt`. It appears whole or not at all; an interrupted run is
 * continued, and a folder made with the same settings is left as it is.
 *
 * The raw archive is `archive`, else `_raw_mmhs/MMHS150K.zip`, else the folder `_raw_mmhs/MMHS150K`, else downloaded (6.6 GB).
 *
 * @throws MmhsError `MMHS_DATA_DOWNLOAD`, `MMHS_DATA_CHECKSUM`, `MMHS_DATA_DISK_SPACE`, `MMHS_DATA_ARCHIVE`,
 * `MMHS_DATA_ARCHIVE_BOMB`, `MMHS_DATA_RAW_FORMAT`, `MMHS_DATA_SPLIT_OVERLAP`, `MMHS_DATA_MISSING_IMAGES`,
 * `MMHS_DATA_OUTPUT_EXISTS`.
 */
export async function prepareMmhs150k(options: PrepareMmhs150kOptions): Promise<PreparedDataSet> {
  const { outRoot, votePolicy = 'any', ocr = false, signal } = options;
  return prepareFolder({
    ...options,
    dataset: 'mmhs150k',
    folder: join(outRoot, 'mmhs150k'),
    settings: { vote_policy: votePolicy, ocr },
    openRaw: async () => openRawFiles(options.archive ?? (await findOrDownload(options))),
    plan: (raw) => planMmhs150k({ raw, votePolicy, ocr, signal }),
  });
}

async function findOrDownload(options: PrepareMmhs150kOptions): Promise<string> {
  const rawFolder = join(options.outRoot, '_raw_mmhs');
  const zip = join(rawFolder, 'MMHS150K.zip');
  const unpacked = join(rawFolder, 'MMHS150K');
  const isFolder = (await stat(unpacked).catch(() => undefined))?.isDirectory() === true;
  if (isFolder && (await stat(zip).catch(() => undefined)) === undefined) return unpacked;
  await downloadFromAny(options, zip);
  return zip;
}

async function downloadFromAny(options: PrepareMmhs150kOptions, path: string): Promise<void> {
  const { sources = publishedSources, sha256, onProgress, onNote } = options;
  const failures: MmhsError[] = [];
  for (const source of await startedFirst(sources, path)) {
    try {
      onNote?.(`Downloading from ${source.name}`);
      await downloadFile({
        source,
        path,
        expected: { sha256 },
        onProgress: ({ receivedBytes, totalBytes }) =>
          onProgress?.({ phase: 'download', unit: 'bytes', done: receivedBytes, total: totalBytes }),
        ...downloadOptionsOf(options),
      });
      return;
    } catch (error) {
      if (!MmhsError.isInstance(error) || error.code !== 'MMHS_DATA_DOWNLOAD') throw error;
      failures.push(error);
      onNote?.(error.message);
    }
  }
  throw new MmhsError('MMHS_DATA_DOWNLOAD', 'MMHS150K cannot be downloaded', {
    got: failures.map((failure) => `\n  ${failure.message}`).join(''),
    fix: 'run it again later, or download the zip file by hand and pass it as the archive',
    cause: failures[0],
  });
}

/** The source that an earlier run had begun with comes first: its bytes are not to be thrown away. */
async function startedFirst(sources: readonly DownloadSource[], path: string): Promise<readonly DownloadSource[]> {
  for (const source of sources) {
    const { offset } = await partialFile(path).open(source.name);
    if (offset > 0) return [source, ...sources.filter((other) => other !== source)];
  }
  return sources;
}
