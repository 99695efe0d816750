import { resolve } from 'node:path';
import {
  formatPrepared,
  googleDriveSource,
  prepareHatefulMemes,
  prepareMmhs150k,
  readHubSettings,
  urlSource,
  type DownloadSource,
  type PreparedDataSet,
  type PrepareOptions,
  type PrepareProgress,
} from '@mmhs/data';
import { createProgress, listSettings, mergeSettings, parseFlags, type CommandContext, type ProgressReporter } from '@mmhs/trainer';
import type { z } from 'zod';
import { prepareSchema } from './settings.ts';

type Settings = z.output<typeof prepareSchema>;

/** Prepares a data set and prints what it is like. */
export async function prepareCommand({ argv, env, cwd, signal }: CommandContext, { stdout, stderr }: NodeJS.Process): Promise<void> {
  const flags = parseFlags({ argv, settings: listSettings(prepareSchema) });
  const { settings } = mergeSettings({ schema: prepareSchema, layers: [flags] });
  const progress = createProgress({ stream: stderr, mode: settings.progress, env });
  const options: PrepareOptions = {
    outRoot: resolve(cwd, settings.out_root),
    archive: settings.archive === null ? undefined : resolve(cwd, settings.archive),
    onMissingImage: settings.on_missing_image,
    overwrite: settings.overwrite,
    onProgress: showProgress(progress),
    onNote: progress.note,
    signal,
  };
  try {
    const prepared = await prepare(settings, options, { cwd, env });
    progress.stop();
    stdout.write(settings.json ? `${JSON.stringify(prepared, null, 2)}\n` : formatPrepared(prepared));
  } finally {
    progress.stop();
  }
}

async function prepare(settings: Settings, options: PrepareOptions, { cwd, env }: Pick<CommandContext, 'cwd' | 'env'>): Promise<PreparedDataSet> {
  if (settings.dataset === 'mmhs150k') {
    const sources = sourcesOf(settings);
    return prepareMmhs150k({
      ...options,
      votePolicy: settings.vote_policy,
      ocr: settings.ocr,
      sha256: settings.sha256 ?? undefined,
      ...(sources.length > 0 && { sources }),
    });
  }
  return prepareHatefulMemes({
    ...options,
    fineGrained: settings.fine_grained ?? undefined,
    annotations: settings.annotations === null ? undefined : resolve(cwd, settings.annotations),
    hub: await readHubSettings({ env }),
    repository: settings.repository,
    revision: settings.revision,
  });
}

function sourcesOf({ url, drive_id: id }: Settings): DownloadSource[] {
  return [...(url === null ? [] : [urlSource(url)]), ...(id === null ? [] : [googleDriveSource({ id })])];
}

const names = { download: { bytes: 'download (MB)', files: 'download (files)' }, unpack: { bytes: 'unpack (MB)', files: 'unpack (files)' } };

/** Bytes are shown in megabytes: the bar has room for few digits. */
function showProgress(progress: ProgressReporter): (update: PrepareProgress) => void {
  let current = '';
  return ({ phase, unit, done, total }) => {
    const scale = unit === 'bytes' ? 1e6 : 1;
    const name = names[phase][unit];
    const key = `${name} ${total}`;
    if (key !== current) progress.start({ name, total: Math.ceil((total ?? done) / scale), done: Math.floor(done / scale) });
    current = key;
    progress.update({ done: done === total ? Math.ceil(done / scale) : Math.floor(done / scale) });
  };
}
