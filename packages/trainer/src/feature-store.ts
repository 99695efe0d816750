import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { elementCount, type FloatTensor, type ProcessedImage, type VlmModel } from '@mmhs/core';
import { openSafetensors, writeSafetensors, type Session } from '@mmhs/runtime';

import { createByteCache } from './byte-cache.ts';
import type { ImageLoader, LoadedImage } from './image-loader.ts';
import type { PreparedImage } from './prepare-posts.ts';

/** Where features of frozen towers are kept: memory first, then a folder when one is given. */
export interface FeatureCacheOptions {
  /** Limit in memory, bytes. Default 1 GiB. */
  readonly memoryBytes?: number;
  /** Folder for features, kept between runs; none by default. */
  readonly folder?: string;
  /** Limit of the folder, bytes. Default 8 GiB. */
  readonly diskBytes?: number;
  /** What else decides the features: checkpoint and image settings. Part of a feature file's name. */
  readonly identity: string;
}

/** Image features of pictures, computed once each. */
export interface FeatureStore {
  /** Features `[rows, hidden]` of each picture, in order. */
  get(images: readonly PreparedImage[], options?: { readonly signal?: AbortSignal | undefined }): Promise<FloatTensor[]>;
  /** How many pictures went through the vision tower so far. */
  readonly computed: number;
}

/** Creates the store around a session of the family's vision graph. */
export function createFeatureStore(options: {
  readonly vision: Session;
  readonly model: VlmModel;
  readonly images: ImageLoader;
  readonly cache: FeatureCacheOptions;
}): FeatureStore {
  const { images, cache } = options;
  const memory = createByteCache<FloatTensor>({
    limit: cache.memoryBytes ?? 2 ** 30,
    sizeOf: (tensor) => tensor.data.byteLength,
  });
  const disk = cache.folder === undefined ? undefined : createFeatureFolder(cache.folder, cache);
  let computed = 0;

  const load = async (wanted: readonly PreparedImage[], signal?: AbortSignal): Promise<Map<string, FloatTensor>> => {
    const found = new Map<string, FloatTensor>();
    const missing = new Map<string, PreparedImage>();
    for (const image of wanted) {
      const known = memory.get(image.key) ?? (await disk?.read(image.key));
      if (known === undefined) missing.set(image.key, image);
      else found.set(image.key, known);
    }
    // One picture a run: its features then never depend on the company it came in, and memory stays small.
    const queue = [...missing.values()];
    let loading = startLoading(images, queue[0], signal);
    for (const [place, image] of queue.entries()) {
      signal?.throwIfAborted();
      const { processed } = (await loading) as LoadedImage;
      // The next picture is decoded while the tower works on this one.
      loading = startLoading(images, queue[place + 1], signal);
      const features = await runTower(options, processed, signal);
      computed += 1;
      found.set(image.key, features);
      await disk?.write(image.key, features);
    }
    for (const [key, tensor] of found) memory.set(key, tensor);
    return found;
  };

  return {
    async get(wanted, { signal } = {}) {
      const found = await load(wanted, signal);
      return wanted.map((image) => found.get(image.key) as FloatTensor);
    },
    get computed() {
      return computed;
    },
  };
}

/** Starts to load a picture; a failure is thrown where the result is awaited, also when that never comes to be. */
function startLoading(images: ImageLoader, image: PreparedImage | undefined, signal?: AbortSignal): Promise<LoadedImage | undefined> {
  const loading = image === undefined ? Promise.resolve(undefined) : images.load(image.path, { signal });
  loading.catch(() => undefined);
  return loading;
}

async function runTower(
  { vision, model }: { readonly vision: Session; readonly model: VlmModel },
  image: ProcessedImage,
  signal?: AbortSignal,
): Promise<FloatTensor> {
  const { image_features: features } = await vision.run({
    feeds: model.batchImages([image]), ...(signal === undefined ? {} : { signal }),
  });
  return features as FloatTensor;
}

/** Feature files under a size limit; the oldest ones go first. */
function createFeatureFolder(folder: string, { identity, diskBytes = 8 * 2 ** 30 }: FeatureCacheOptions) {
  const pathOf = (key: string): string =>
    join(folder, `${createHash('sha256').update(`${identity}\n${key}`).digest('hex').slice(0, 40)}.safetensors`);
  return {
    async read(key: string): Promise<FloatTensor | undefined> {
      const path = pathOf(key);
      if (!(await stat(path).catch(() => undefined))) return undefined;
      try {
        const file = await openSafetensors({ path });
        const tensor = await file.readFloat32('image_features');
        await utimes(path, new Date(), new Date());
        return tensor;
      } catch {
        // A file that a loss of power damaged or another process removed is computed again.
        return undefined;
      }
    },
    async write(key: string, tensor: FloatTensor): Promise<void> {
      if (tensor.data.byteLength > diskBytes) return;
      await mkdir(folder, { recursive: true });
      await makeRoom(folder, diskBytes - elementCount(tensor.shape) * 4);
      await writeSafetensors({ path: pathOf(key), tensors: { image_features: tensor } });
    },
  };
}

async function makeRoom(folder: string, limit: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors'));
  const files = await Promise.all(names.map(async (name) => ({ path: join(folder, name), ...(await fileFacts(join(folder, name))) })));
  let total = files.reduce((sum, file) => sum + file.size, 0);
  for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= limit) return;
    await rm(file.path, { force: true });
    total -= file.size;
  }
}

async function fileFacts(path: string): Promise<{ size: number; usedAt: number }> {
  const facts = await stat(path);
  return { size: facts.size, usedAt: facts.mtimeMs };
}
