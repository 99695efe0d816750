import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import { findDamage, flushFolder, readCompleteness, writeCompleteness } from './checkpoint-completeness.ts';
import { isFolder, listCheckpoints, removeFolder, removeRemains, type CheckpointLocation } from './checkpoint-folders.ts';

/** What {@link findLatestCheckpoint} found. */
export interface CheckpointSearch {
  /** The whole checkpoint of the highest step, or undefined when there is none. */
  readonly latest: CheckpointLocation | undefined;
  /** Folders of later steps that are not whole, and why. */
  readonly broken: readonly { readonly folder: string; readonly reason: string }[];
}

/**
 * Writes `checkpoint-<step>` so that after a crash at any moment it is whole or not there: into a folder beside it, every
 * file flushed to the disk and listed with its hash, then renamed.
 *
 * A checkpoint of the same step is replaced; until the new one is in place it stays findable. Remains of writes that
 * were cut short are removed first, so a run folder may have only one writer.
 *
 * @param options.write writes the checkpoint's files into the folder it is given
 * @returns the checkpoint's folder
 */
export async function writeCheckpoint(options: {
  readonly runFolder: string;
  readonly step: number;
  readonly write: (folder: string) => Promise<void>;
}): Promise<string> {
  const { runFolder, step, write } = options;
  await mkdir(runFolder, { recursive: true });
  await removeRemains(runFolder);
  const folder = join(runFolder, `checkpoint-${step}`);
  const unfinished = join(runFolder, `.checkpoint-${step}.unfinished`);
  await mkdir(unfinished);
  await write(unfinished);
  await writeCompleteness(unfinished, step);

  const replaced = `${folder}.replaced`;
  const exists = await isFolder(folder);
  if (exists) {
    await removeFolder(replaced);
    await rename(folder, replaced);
  }
  await rename(unfinished, folder);
  await flushFolder(runFolder);
  if (exists) await removeFolder(replaced);
  return folder;
}

/**
 * Finds the latest whole checkpoint of a run: every listed file present with its size and hash.
 *
 * Half-written or damaged checkpoints are passed over and reported. A missing run folder has no checkpoints.
 */
export async function findLatestCheckpoint(options: { readonly runFolder: string; readonly signal?: AbortSignal }): Promise<CheckpointSearch> {
  const { runFolder, signal } = options;
  const broken: { folder: string; reason: string }[] = [];
  for (const { folder, step } of await listCheckpoints(runFolder, { replaced: true })) {
    signal?.throwIfAborted();
    const reason = await findDamage(folder, step);
    if (reason === undefined) return { latest: { folder, step }, broken };
    broken.push({ folder, reason });
  }
  return { latest: undefined, broken };
}

/**
 * Checks that a checkpoint is whole.
 *
 * @throws MmhsError `MMHS_TRAINER_CHECKPOINT` saying what is missing or damaged.
 */
export async function verifyCheckpoint(options: { readonly folder: string }): Promise<CheckpointLocation> {
  const { folder } = options;
  const reason = await findDamage(folder);
  if (reason === undefined) return { folder, step: (await readCompleteness(folder)).step };
  throw new MmhsError('MMHS_TRAINER_CHECKPOINT', 'The checkpoint is not whole', {
    where: folder,
    got: reason,
    fix: 'resume from an earlier checkpoint-<step> of the run',
  });
}

/**
 * Removes the oldest checkpoints until `limit` are left, never the best one nor the newest.
 *
 * As in the Hugging Face Trainer the best one counts, except that a limit of 1 leaves two when best and newest differ.
 *
 * @param options.limit how many to keep; undefined or 0 keeps all
 * @param options.best folder of the best checkpoint, if there is one
 * @returns the removed folders
 */
export async function rotateCheckpoints(options: {
  readonly runFolder: string;
  readonly limit: number | undefined;
  readonly best?: string | undefined;
}): Promise<string[]> {
  const { runFolder, limit, best } = options;
  if (limit === undefined || limit <= 0) return [];
  const checkpoints = await listCheckpoints(runFolder, { replaced: false });
  const kept = new Set(checkpoints.slice(0, 1).map(({ folder }) => folder));
  const bestFolder = checkpoints.find(({ folder }) => best !== undefined && basename(folder) === basename(best))?.folder;
  if (bestFolder !== undefined) kept.add(bestFolder);
  for (const { folder } of checkpoints) if (kept.size < limit) kept.add(folder);
  const removed = checkpoints.map(({ folder }) => folder).filter((folder) => !kept.has(folder));
  for (const folder of removed) await removeFolder(folder);
  return removed;
}
