import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A `checkpoint-<step>` folder of a run. */
export interface CheckpointLocation {
  readonly folder: string;
  /** Updates done when it was written. */
  readonly step: number;
}

/** Newest first; a replaced checkpoint, which a crash may have left, comes after its successor. */
export async function listCheckpoints(runFolder: string, options: { readonly replaced: boolean }): Promise<CheckpointLocation[]> {
  const found: (CheckpointLocation & { readonly replaced: boolean })[] = [];
  for (const name of await namesIn(runFolder)) {
    const match = /^checkpoint-(\d+)(\.replaced)?$/.exec(name);
    if (match === null) continue;
    const replaced = match[2] !== undefined;
    if (options.replaced || !replaced) found.push({ folder: join(runFolder, name), step: Number(match[1]), replaced });
  }
  found.sort((a, b) => b.step - a.step || Number(a.replaced) - Number(b.replaced));
  return found.map(({ folder, step }) => ({ folder, step }));
}

/** Removes what a crash may have left of unfinished writes and removals, and replaced checkpoints with a successor. */
export async function removeRemains(runFolder: string): Promise<void> {
  for (const name of await namesIn(runFolder)) {
    const replaced = /^(checkpoint-\d+)\.replaced$/.exec(name);
    if (replaced !== null) {
      const successor = join(runFolder, replaced[1] as string);
      if (await isFolder(successor)) await removeFolder(join(runFolder, name));
      else await rename(join(runFolder, name), successor);
    } else if (/^\.checkpoint-\d+(?:\.replaced)?\.(?:unfinished|removed)$/.test(name)) {
      await rm(join(runFolder, name), { recursive: true, force: true });
    }
  }
}

/** Takes the name away first, so that a removal cut short leaves no folder that looks like a checkpoint. */
export async function removeFolder(folder: string): Promise<void> {
  const hidden = join(dirname(folder), `.${basename(folder)}.removed`);
  await rm(hidden, { recursive: true, force: true });
  try {
    await rename(folder, hidden);
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  await rm(hidden, { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Whether `path` is an existing folder. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
