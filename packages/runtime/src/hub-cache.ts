import { copyFile, link, mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { writeFileAtomically } from './atomic-file.ts';
import { missingModelFiles, type HubFile } from './hub-files.ts';
import { isCommit } from './hub-id.ts';
import { isObject } from './json-access.ts';

/**
 * A model's folder in the cache, laid out as Python's `huggingface_hub` does: `blobs` by checksum, `refs` from branch to
 * commit, and `snapshots` whose files are links to blobs.
 */
export interface ModelCache {
  readonly folder: string;
  /** Held while a process downloads. */
  readonly lockPath: string;
  blobPath(etag: string): string;
  snapshotFolder(commit: string): string;
  /** The commit of a revision, as far as this cache knows. */
  readCommit(revision: string): Promise<string | undefined>;
  writeCommit(revision: string, commit: string): Promise<void>;
  /** Whether a snapshot has a file, whole. */
  has(commit: string, file: HubFile): Promise<boolean>;
  /** Makes a file of a snapshot from its blob. */
  addToSnapshot(commit: string, file: HubFile): Promise<void>;
  /** What a snapshot lacks to be opened, in words. */
  missing(commit: string): Promise<string[]>;
}

/** Describes where a model is in a cache; writes nothing yet. */
export function openModelCache({ cacheFolder, id }: { readonly cacheFolder: string; readonly id: string }): ModelCache {
  const name = `models--${id.replaceAll('/', '--')}`;
  const folder = join(cacheFolder, name);
  const blobPath = (etag: string): string => join(folder, 'blobs', etag);
  const snapshotFolder = (commit: string): string => join(folder, 'snapshots', commit);
  const readCommit = async (revision: string): Promise<string | undefined> => {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(folder, 'refs', revision), 'utf8').catch(() => undefined);
    return text !== undefined && isCommit(text.trim()) ? text.trim() : undefined;
  };
  return {
    folder,
    lockPath: join(cacheFolder, '.locks', name, 'download.lock'),
    blobPath,
    snapshotFolder,
    readCommit,
    async writeCommit(revision, commit) {
      if ((await readCommit(revision)) === commit) return;
      const path = join(folder, 'refs', revision);
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomically({ path, write: async (file) => void (await file.write(commit)) });
    },
    has: (commit, { name: file, size }) => hasSize(join(snapshotFolder(commit), file), size),
    async addToSnapshot(commit, { name: file, etag }) {
      await mkdir(snapshotFolder(commit), { recursive: true });
      await linkToBlob(blobPath(etag), join(snapshotFolder(commit), file));
    },
    missing: (commit) => findMissing(snapshotFolder(commit)),
  };
}

/** Whether a file, or what a link leads to, is there with this size. */
export async function hasSize(path: string, size: number): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() === true && facts.size === size;
}

/** Links relatively, so that the cache can be moved; where links are not allowed (Windows), a second name or a copy does. */
async function linkToBlob(blob: string, path: string): Promise<void> {
  await rm(path, { force: true });
  try {
    await symlink(relative(dirname(path), blob), path);
  } catch (error) {
    if (!isObject(error) || (error.code !== 'EPERM' && error.code !== 'ENOTSUP')) throw error;
    await link(blob, path).catch(() => copyFile(blob, path));
  }
}

async function findMissing(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    // A link whose blob was deleted counts as missing.
    if (await stat(join(folder, name)).catch(() => undefined)) names.push(name);
  }
  const shards = await readShardNames(join(folder, 'model.safetensors.index.json'));
  return [...missingModelFiles(names), ...shards.filter((name) => !names.includes(name))];
}

async function readShardNames(path: string): Promise<string[]> {
  try {
    const index = JSON.parse(await readFile(path, 'utf8')) as { readonly weight_map?: Readonly<Record<string, string>> };
    return [...new Set(Object.values(index.weight_map ?? {}))];
  } catch {
    return [];
  }
}
