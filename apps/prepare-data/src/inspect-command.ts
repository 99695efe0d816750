import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { defineLabelSet, MmhsError, type LabelSet } from '@mmhs/core';
import { formatInspection, inspectDataSet, readClassNames, type PictureDecoder } from '@mmhs/data';
import { decodeImage, detectImageFormat } from '@mmhs/images';
import { columnsOf, createProgress, listSettings, mergeSettings, parseFlags, type CommandContext } from '@mmhs/trainer';
import type { z } from 'zod';
import { inspectSchema } from './settings.ts';

type Settings = z.output<typeof inspectSchema>;

/** Inspects a data set and prints the report. */
export async function inspectCommand({ argv, env, cwd, signal }: CommandContext, { stdout, stderr }: NodeJS.Process): Promise<void> {
  const flags = parseFlags({ argv, settings: listSettings(inspectSchema) });
  const { settings } = mergeSettings({ schema: inspectSchema, layers: [flags] });
  const splits = findSplits(settings, cwd);
  const progress = createProgress({ stream: stderr, mode: settings.progress, env });
  let started = false;
  try {
    const inspection = await inspectDataSet({
      splits,
      labelSet: await findLabels(settings, cwd, splits),
      reading: {
        columns: columnsOf(settings),
        ...(settings.image_root !== null && { imageRoot: resolve(cwd, settings.image_root) }),
      },
      decode: settings.pictures ? decode : undefined,
      maxDistance: settings.max_distance,
      onProgress: ({ done, total }) => {
        if (!started) progress.start({ name: 'pictures', total });
        started = true;
        progress.update({ done });
      },
      signal,
    });
    progress.stop();
    const json = `${JSON.stringify(inspection, null, 2)}\n`;
    if (settings.report !== null) await writeFile(resolve(cwd, settings.report), json);
    stdout.write(settings.json ? json : formatInspection(inspection));
  } finally {
    progress.stop();
  }
}

const decode: PictureDecoder = async (bytes, { name, signal }) => {
  const image = await decodeImage({ bytes, name, ...(signal !== undefined && { signal }) });
  return { format: detectImageFormat(bytes) ?? 'unknown', image };
};

function findSplits(settings: Settings, cwd: string): Record<string, string> {
  const splits: Record<string, string> = {};
  for (const split of ['train', 'val', 'test'] as const) {
    const given = settings[`${split}_csv`];
    const candidates = ['csv', 'jsonl', 'parquet'].map((ending) => resolve(cwd, settings.data ?? '', `${split}.${ending}`));
    const found = given !== null ? resolve(cwd, given) : settings.data === null ? undefined : candidates.find(existsSync);
    if (found !== undefined) splits[split] = found;
  }
  if (Object.keys(splits).length > 0) return splits;
  throw new MmhsError('MMHS_CONFIG_MISSING', 'There is no data set to inspect', {
    where: '--data, --train_csv, --val_csv, --test_csv',
    got: settings.data === null ? 'none of them' : `no train, val or test file in ${settings.data}`,
    fix: 'give a folder that holds train.csv, val.csv or test.csv, or the files',
  });
}

async function findLabels(settings: Settings, cwd: string, splits: Readonly<Record<string, string>>): Promise<LabelSet | undefined> {
  const given = settings.class_names;
  if (given !== null) {
    if (existsSync(resolve(cwd, given))) return readClassNames(resolve(cwd, given));
    const list = given.trimStart().startsWith('[') ? (JSON.parse(given) as string[]) : given.split(',').map((name) => name.trim());
    return defineLabelSet(list);
  }
  const [first = ''] = Object.values(splits);
  const beside = join(dirname(first), 'class_names.txt');
  return existsSync(beside) ? readClassNames(beside) : undefined;
}
