import { MmhsError } from '@mmhs/core';
import type { HubSettings } from '@mmhs/core/hub-settings';
import { downloadBlobs, type DownloadProgress } from './hub-blobs.ts';
import { openModelCache, type ModelCache } from './hub-cache.ts';
import { describeFileError, notCachedError, type HubTarget } from './hub-errors.ts';
import { createHubFetch } from './hub-fetch.ts';
import type { HubFile } from './hub-files.ts';
import { checkHubNames } from './hub-id.ts';
import { listModel, type HubListing } from './hub-listing.ts';
import { withLock } from './hub-lock.ts';
import { usualPatience, withRetries, type Patience } from './hub-retry.ts';

/** Options of {@link downloadModel}. */
export interface DownloadModelOptions {
  /** `organisation/name`. */
  readonly id: string;
  /** Branch, tag or commit. @default 'main' */
  readonly revision?: string | undefined;
  /** From {@link readHubSettings}. */
  readonly settings: HubSettings;
  /** Called only when something is downloaded. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told in a sentence when another process downloads, or when the Hub failed and the cache serves. */
  readonly onNotice?: ((text: string) => void) | undefined;
  /** @default four tries */
  readonly patience?: Patience;
  readonly signal?: AbortSignal | undefined;
}

/** A model in the cache. */
export interface DownloadedModel {
  /** The snapshot, for {@link openCheckpointFolder}. */
  readonly folder: string;
  readonly commit: string;
}

interface Download extends DownloadModelOptions {
  readonly target: HubTarget;
  readonly cache: ModelCache;
  readonly fetch: typeof globalThis.fetch;
  readonly patience: Patience;
}

/**
 * Brings a model's configuration, tokenizer and safetensors weights into the Hugging Face cache, as far as they are not in it,
 * and returns their folder. What Python's `huggingface_hub` has cached is used as it is, and the other way round.
 *
 * The Hub is asked each time whether the revision has moved. When that fails and the cache has the revision, the cache serves.
 *
 * @throws MmhsError `MMHS_HUB_GATED`, `MMHS_HUB_TOKEN`, `MMHS_HUB_NOT_FOUND`, `MMHS_HUB_REFUSED` for refusals;
 * `MMHS_HUB_UNREACHABLE` without a network, `MMHS_HUB_OFFLINE` when told to do without and the cache lacks the model;
 * `MMHS_HUB_FILES` when it is no checkpoint; `MMHS_HUB_CHECKSUM`; `MMHS_HUB_DISK_FULL`, `MMHS_HUB_CACHE` about the disk;
 * `MMHS_HUB_SETTINGS` for names that cannot be. An abort throws the signal's reason; partial files stay for the next time.
 */
export async function downloadModel(options: DownloadModelOptions): Promise<DownloadedModel> {
  const { id, revision = 'main', settings, patience = usualPatience, signal } = options;
  checkHubNames({ id, revision });
  const { endpoint, token, cacheFolder, offline } = settings;
  const target = { endpoint, id, revision, hasToken: token !== undefined };
  const cache = openModelCache({ cacheFolder, id });
  const cached = await findCached(cache, revision);
  if (offline) {
    if (cached.model !== undefined) return cached.model;
    throw notCachedError(target, cache.folder, cached.missing);
  }
  const fetch = createHubFetch({ target, token, timeout: patience.answer, signal });
  const download = { ...options, target, cache, fetch, patience };
  const listing = await listOrFallBack(download, cached.model);
  if (listing === undefined && cached.model !== undefined) return cached.model;
  try {
    return await bringToCache(download, listing as HubListing);
  } catch (error) {
    signal?.throwIfAborted();
    throw describeFileError(error, cacheFolder);
  }
}

async function findCached(
  cache: ModelCache, revision: string,
): Promise<{ readonly model: DownloadedModel | undefined; readonly missing: readonly string[] }> {
  const commit = await cache.readCommit(revision);
  if (commit === undefined) return { model: undefined, missing: [] };
  const missing = await cache.missing(commit);
  return { missing, model: missing.length === 0 ? { folder: cache.snapshotFolder(commit), commit } : undefined };
}

/** The Hub's listing; undefined when the Hub fails and the cache can serve. */
async function listOrFallBack(
  { target, fetch, patience, onNotice, signal }: Download, cached: DownloadedModel | undefined,
): Promise<HubListing | undefined> {
  const hasCached = cached !== undefined;
  try {
    const work = (): Promise<HubListing> => listModel({ target, fetch, signal });
    return await withRetries({ work, patience: hasCached ? { ...patience, tries: 1 } : patience, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (!hasCached || !MmhsError.isInstance(error)) throw error;
    onNotice?.(`The copy of ${target.id} in the cache is used, for it could not be compared with the Hub's. ${error.message}`);
    return undefined;
  }
}

async function bringToCache(download: Download, { commit, files }: HubListing): Promise<DownloadedModel> {
  const { cache, target, onNotice, signal } = download;
  const model = { folder: cache.snapshotFolder(commit), commit };
  if ((await findAbsent(cache, commit, files)).length === 0) {
    // A cache that may only be read is complete without this.
    await cache.writeCommit(target.revision, commit).catch(() => undefined);
    return model;
  }
  await withLock({
    path: cache.lockPath,
    signal,
    onWait: () => onNotice?.(`Another process is downloading ${target.id}: waiting for it.`),
    work: async () => {
      const absent = await findAbsent(cache, commit, files);
      await downloadBlobs({ ...download, commit, files: absent });
      for (const file of absent) await cache.addToSnapshot(commit, file);
      // Last, so that a revision in the cache is always a whole one.
      await cache.writeCommit(target.revision, commit);
    },
  });
  return model;
}

async function findAbsent(cache: ModelCache, commit: string, files: readonly HubFile[]): Promise<HubFile[]> {
  const there = await Promise.all(files.map((file) => cache.has(commit, file)));
  return files.filter((_, index) => there[index] === false);
}
