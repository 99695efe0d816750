import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import type { RawFiles } from '../archive/raw-files.ts';
import type { DataSetPlan, PlannedRow } from './data-set-plan.ts';
import { checkSize, createFindings, splitNames, type Finding, type SplitName } from './findings.ts';
import { placeFiles, type PlacedFile } from './place-images.ts';
import { readPrepared, writePrepared, type PreparedReport } from './prepared-file.ts';
import { openStagedFolder } from './staged-folder.ts';
import { writeRows } from './write-rows.ts';

/** What to do with posts whose pictures are missing or damaged. */
export type MissingImagePolicy = 'skip' | 'keep' | 'error';

/** Options of {@link buildDataSet}. @internal */
export interface BuildOptions {
  readonly dataset: string;
  /** The folder to make. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, string | boolean>>;
  readonly plan: DataSetPlan;
  readonly raw: RawFiles;
  readonly onMissingImage: MissingImagePolicy;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a data set's folder: pictures, a CSV file per split, `class_names.txt` and the report, all or nothing.
 *
 * @throws MmhsError `MMHS_DATA_MISSING_IMAGES` under `onMissingImage: 'error'`, and `MMHS_DATA_NO_SAMPLES` when a split
 * would be empty.
 * @internal
 */
export async function buildDataSet(options: BuildOptions): Promise<PreparedReport> {
  const { folder, plan, raw, signal } = options;
  checkMissing(options, missingImages(plan));
  const earlier = await readPrepared(folder);
  const staged = await openStagedFolder(folder, raw.identity);
  const { damaged } = await placeFiles({
    ...options,
    folder: staged.path,
    files: filesOf(plan),
    earlier: earlier?.source === raw.identity ? folder : undefined,
  });
  const damage = damagedImages(plan, damaged);
  checkMissing(options, damage);
  const splits = chooseRows(options, damaged);
  signal?.throwIfAborted();
  const files = await writeTables(staged.path, plan, splits);
  const report: PreparedReport = {
    dataset: options.dataset,
    settings: options.settings,
    splits: { train: count('train'), val: count('val'), test: count('test') },
    findings: [...plan.findings, ...missingImages(plan), ...damage, ...sizeFindings()],
  };
  await writePrepared(staged.path, { source: raw.identity, files, report });
  await staged.commit();
  return report;

  function count(split: SplitName): PreparedReport['splits'][SplitName] {
    const rows = splits[split];
    const labels = Object.fromEntries(
      plan.classNames.map((name) => [name, rows.filter((row) => row.labels.includes(name)).length]),
    );
    const withoutLabel = rows.filter((row) => row.labels.length === 0).length;
    return { posts: rows.length, publishedPosts: plan.sizes[split], labels, withoutLabel };
  }

  function sizeFindings(): Finding[] {
    return splitNames.map((split) => checkSize(split, splits[split].length, plan.sizes[split])).filter((each) => each !== undefined);
  }
}

/** Whether there is a folder of another making in the way. @internal */
export async function isInTheWay(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined)) !== undefined;
}

function filesOf(plan: DataSetPlan): PlacedFile[] {
  const files = new Map<string, PlacedFile>();
  for (const split of splitNames) {
    for (const { rawImage, image } of plan.splits[split]) {
      if (rawImage !== undefined) files.set(image, { raw: rawImage, target: image });
    }
  }
  return [...files.values(), ...plan.extraFiles];
}

function missingImages(plan: DataSetPlan): Finding[] {
  const findings = createFindings();
  for (const split of splitNames) {
    findings.add({
      code: 'missing_images', split, message: 'posts have no picture in the raw data',
      ids: plan.splits[split].filter((row) => row.rawImage === undefined).map((row) => row.id),
    });
  }
  return findings.list;
}

function damagedImages(plan: DataSetPlan, damaged: ReadonlyMap<string, string>): Finding[] {
  const findings = createFindings();
  for (const split of splitNames) {
    findings.add({
      code: 'damaged_images', split, message: 'pictures are damaged in the archive',
      ids: plan.splits[split].filter((row) => damaged.has(row.image)).map((row) => row.id),
    });
  }
  return findings.list;
}

function checkMissing(options: BuildOptions, findings: readonly Finding[]): void {
  if (options.onMissingImage !== 'error' || findings.length === 0) return;
  throw new MmhsError('MMHS_DATA_MISSING_IMAGES', 'Pictures of posts are missing or damaged', {
    where: options.raw.name,
    got: findings.map(({ split, count, message, ids }) => `${split}: ${count} ${message}, such as ${ids[0]}`).join('; '),
    fix: 'complete the raw data, or choose to skip or keep such posts',
  });
}

function chooseRows(options: BuildOptions, damaged: ReadonlyMap<string, string>): Record<SplitName, readonly PlannedRow[]> {
  const { plan, onMissingImage, raw } = options;
  const isUsable = (row: PlannedRow): boolean =>
    onMissingImage === 'keep' || (row.rawImage !== undefined && !damaged.has(row.image));
  const choose = (split: SplitName): readonly PlannedRow[] => {
    const rows = plan.splits[split].filter(isUsable);
    if (rows.length > 0) return rows;
    throw new MmhsError('MMHS_DATA_NO_SAMPLES', 'A split would be empty', {
      where: raw.name,
      got: `${plan.splits[split].length} posts in ${split}, none of them with a picture`,
      fix: 'check that the archive is complete',
    });
  };
  return { train: choose('train'), val: choose('val'), test: choose('test') };
}

async function writeTables(
  folder: string,
  plan: DataSetPlan,
  splits: Readonly<Record<SplitName, readonly PlannedRow[]>>,
): Promise<string[]> {
  const names: string[] = [];
  for (const split of splitNames) {
    names.push(`${split}.csv`);
    await writeRows({ path: join(folder, `${split}.csv`), columns: plan.columns, rows: splits[split].map(({ cells }) => cells) });
  }
  await writeFile(join(folder, 'class_names.txt'), plan.classNames.map((name) => `${name}\n`).join(''));
  return [...names, 'class_names.txt'];
}
