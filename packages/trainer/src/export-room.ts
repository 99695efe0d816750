import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError } from '@mmhs/core';

import { isGraphFile, type PlannedGraph } from './export-plan.ts';

/** Graphs themselves, small files, and what else is written to the disk meanwhile. */
const reserveBytes = 64e6;

/**
 * Removes the graphs that an earlier export left in a folder, of all types, with their weights: they are of another model or adapter.
 *
 * @throws MmhsError `MMHS_EXPORT_DISK_SPACE`, before anything is removed, when there would still be too little room for the new ones.
 */
export async function makeRoom(options: {
  /** An existing folder. */
  readonly folder: string;
  readonly graphs: readonly PlannedGraph[];
}): Promise<void> {
  const { folder, graphs } = options;
  const old = await oldFiles(folder, graphs);
  const sizes = await Promise.all(old.map(async (path) => (await stat(path)).size));
  await checkRoom({ folder, neededBytes: neededBytes(graphs), freedBytes: sizes.reduce((sum, size) => sum + size, 0) });
  await removeGraphs(options);
}

/** Removes the graphs of an export, of all types. */
export async function removeGraphs({ folder, graphs }: { readonly folder: string; readonly graphs: readonly PlannedGraph[] }): Promise<void> {
  for (const path of await oldFiles(folder, graphs)) await rm(path, { force: true });
}

/** Bytes of the weights of all graphs. */
export function neededBytes(graphs: readonly PlannedGraph[]): number {
  return graphs.flatMap(({ bytes }) => [...bytes.values()]).reduce((sum, size) => sum + size, 0);
}

async function oldFiles(folder: string, graphs: readonly PlannedGraph[]): Promise<string[]> {
  return (await readdir(folder)).filter((file) => isGraphFile(file, graphs)).map((file) => join(folder, file));
}

async function checkRoom(options: { readonly folder: string; readonly neededBytes: number; readonly freedBytes: number }): Promise<void> {
  const { bavail, bsize } = await statfs(options.folder);
  const free = bavail * bsize + options.freedBytes;
  if (options.neededBytes + reserveBytes <= free) return;
  throw new MmhsError('MMHS_EXPORT_DISK_SPACE', 'There is not enough room for the weights', {
    where: options.folder,
    got: `${(free / 1e9).toFixed(1)} GB free`,
    expected: `${((options.neededBytes + reserveBytes) / 1e9).toFixed(1)} GB`,
    fix: 'free some space, choose a folder on another disk (--out), or write fewer variants (--dtype)',
  });
}
