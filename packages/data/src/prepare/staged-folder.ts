import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder that is made beside its place and put there whole. @internal */
export interface StagedFolder {
  /** Where to make it. */
  readonly path: string;
  /** Puts it in its place; what was there is removed afterwards. */
  commit(): Promise<void>;
}

const sourceFile = '.source.json';

/**
 * Opens `<target>.partial`. What an earlier run left there is kept if it was made from the same source, and removed
 * otherwise.
 *
 * @internal
 */
export async function openStagedFolder(target: string, source: string): Promise<StagedFolder> {
  const path = `${target}.partial`;
  const stamp = JSON.stringify({ source });
  const earlier = await readFile(join(path, sourceFile), 'utf8').catch(() => undefined);
  if (earlier !== stamp) await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  await writeFile(join(path, sourceFile), stamp);
  return {
    path,
    async commit() {
      const old = `${target}.old`;
      await rm(join(path, sourceFile));
      await rm(old, { recursive: true, force: true });
      await rename(target, old).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await rename(path, target);
      await rm(old, { recursive: true, force: true });
    },
  };
}
