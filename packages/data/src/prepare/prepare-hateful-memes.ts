import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import { publicHub, type HubAccess } from '@mmhs/core/hub-settings';
import { openFolder } from '../archive/open-folder.ts';
import { openRawFiles } from '../archive/open-raw-files.ts';
import type { RawFiles } from '../archive/raw-files.ts';
import { downloadFile } from '../download/download-file.ts';
import { downloadHubRepository } from '../download/download-hub-repository.ts';
import { urlSource } from '../download/download-source.ts';
import { planFineGrained, planHatefulMemes, type FineGrainedLabels } from './hateful-memes-plan.ts';
import { downloadOptionsOf, prepareFolder, type PreparedDataSet, type PrepareOptions } from './prepare-folder.ts';

/** Options of {@link prepareHatefulMemes}. */
export interface PrepareHatefulMemesOptions extends PrepareOptions {
  /** Makes `hateful_memes_protected_category` or `hateful_memes_attack` instead, with those labels. */
  readonly fineGrained?: FineGrainedLabels | undefined;
  /** Folder with the fine-grained `train.json`, `dev_seen.json` and `dev_unseen.json`. Left out, they are downloaded. */
  readonly annotations?: string | undefined;
  /** Address of the folder that they are downloaded from. @default their authors' repository */
  readonly annotationsUrl?: string;
  /** How to reach the Hugging Face Hub. @default the public Hub without a token */
  readonly hub?: HubAccess;
  /** The data set's repository on the Hub. @default 'neuralcatcher/hateful_memes', the original's */
  readonly repository?: string;
  /** Its branch, tag or commit. @default 'main' */
  readonly revision?: string;
}

const publishedAnnotations =
  'https://raw.githubusercontent.com/facebookresearch/fine_grained_hateful_memes/90a80bd75b87d3fb255f504d6d2e1b397708800d/data/annotations';

const annotationFiles = ['train.json', 'dev_seen.json', 'dev_unseen.json'] as const;

/**
 * Makes `<outRoot>/hateful_memes` of Hateful Memes (Kiela et al., 2020): `images/`, `train.csv`, `val.csv` (dev_seen) and
 * `test.csv` (test_seen) with the columns `text`, `image_path`, `label`, and `class_names.txt` (`harmful`). With `fineGrained`
 * the column is `labels` and its names are those of the WOAH 5 shared task. Whole or not at all, as `prepareMmhs150k`.
 *
 * Mirrors lack pictures - the default one those whose identifiers end in 8 or 9 -, which the report's findings list.
 *
 * @throws MmhsError `MMHS_DATA_OFFLINE` and what `prepareMmhs150k` throws.
 */
export async function prepareHatefulMemes(options: PrepareHatefulMemesOptions): Promise<PreparedDataSet> {
  const { outRoot, fineGrained } = options;
  const dataset = fineGrained === undefined ? 'hateful_memes' : `hateful_memes_${fineGrained}`;
  return prepareFolder({
    ...options,
    dataset,
    folder: join(outRoot, dataset),
    settings: {},
    openRaw: async () => openRawFiles(options.archive ?? (await downloadMemes(options))),
    plan: (raw) => (fineGrained === undefined ? planHatefulMemes(raw) : planWithAnnotations(raw, fineGrained, options)),
  });
}

async function downloadMemes(options: PrepareHatefulMemesOptions): Promise<string> {
  const { outRoot, hub = publicHub, repository = 'neuralcatcher/hateful_memes' } = options;
  const { revision, onProgress } = options;
  const folder = join(outRoot, '_raw_hateful_memes');
  options.onNote?.(`Downloading ${repository} from ${hub.endpoint}`);
  await downloadHubRepository({
    repository,
    settings: hub,
    folder,
    select: (path) => path.startsWith('img/') || /\.jsonl$/.test(path) || path.startsWith('LICENSE'),
    onProgress: ({ doneFiles, totalFiles }) =>
      onProgress?.({ phase: 'download', unit: 'files', done: doneFiles, total: totalFiles }),
    ...(revision !== undefined && { revision }),
    ...downloadOptionsOf(options),
  });
  return folder;
}

async function planWithAnnotations(
  raw: RawFiles,
  fineGrained: FineGrainedLabels,
  options: PrepareHatefulMemesOptions,
): ReturnType<typeof planFineGrained> {
  const annotations = await openFolder(options.annotations ?? (await downloadAnnotations(options)));
  return planFineGrained(raw, annotations, fineGrained);
}

async function downloadAnnotations(options: PrepareHatefulMemesOptions): Promise<string> {
  const { outRoot, hub, annotationsUrl = publishedAnnotations } = options;
  const folder = join(outRoot, '_raw_hateful_memes_annotations');
  for (const name of annotationFiles) {
    const path = join(folder, name);
    const isMissing = (await stat(path).catch(() => undefined)) === undefined;
    if (isMissing && hub?.offline === true) {
      throw new MmhsError('MMHS_DATA_OFFLINE', 'The fine-grained labels are not here and the network must not be used', {
        where: path,
        got: 'HF_HUB_OFFLINE is set',
        fix: 'unset HF_HUB_OFFLINE, or pass a folder with the annotation files',
      });
    }
    await downloadFile({
      source: urlSource(`${annotationsUrl}/${name}`),
      path,
      ...downloadOptionsOf(options),
    });
  }
  return folder;
}
