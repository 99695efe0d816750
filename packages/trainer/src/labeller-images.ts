import { createHash } from 'node:crypto';

import { MmhsError, type PostProcessor } from '@mmhs/core';
import { decodeImage, type ImageLimits } from '@mmhs/images';

import { createImageLoader, type ImageLoader, type LoadedImage } from './image-loader.ts';
import type { PostToLabel } from './labeller.ts';

/** A picture to be made ready before its post is labelled. */
export interface PictureToPrepare {
  /** Encoded: PNG, JPEG, ... */
  readonly bytes: Uint8Array;
  /** What to call the picture in messages. */
  readonly name: string;
  /** @default those of `decodeImage` */
  readonly limits?: ImageLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures of posts that are being labelled: files, bytes that came with the post, or pictures made ready before. */
export interface PostImages extends ImageLoader {
  /** Decodes and processes a picture. Throws the decoder's MmhsError when it cannot be used. */
  prepare(picture: PictureToPrepare): Promise<LoadedImage>;
  /** Takes hold of posts' pictures; returns the path by which each is loaded, undefined for a post without. */
  hold(posts: readonly PostToLabel[]): (string | undefined)[];
  /** Lets go of what `hold` took. */
  letGo(posts: readonly PostToLabel[]): void;
}

interface HeldPicture {
  readonly load: () => Promise<LoadedImage>;
  users: number;
}

/** Creates the loader; pictures that are no files are known by the hash of their bytes. */
export function createPostImages({ processor }: { readonly processor: PostProcessor }): PostImages {
  const files = createImageLoader({ processor });
  const held = new Map<string, HeldPicture>();
  const hashes = new WeakMap<Uint8Array, string>();
  const hashOf = (bytes: Uint8Array): string => {
    const hash = hashes.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
    hashes.set(bytes, hash);
    return hash;
  };
  const prepare = async ({ bytes, name, limits, signal }: PictureToPrepare): Promise<LoadedImage> => {
    const image = await decodeImage({ bytes, name, ...(limits && { limits }), ...(signal && { signal }) });
    return { key: hashOf(bytes), processed: processor.processImage(image) };
  };
  const pathOf = ({ imagePath, imageBytes, image }: PostToLabel): string | undefined => {
    const hash = image?.key ?? (imageBytes && hashOf(imageBytes));
    return hash === undefined ? imagePath : `held:${hash}`;
  };
  const loaderOf = ({ id, imageBytes, image }: PostToLabel): HeldPicture['load'] | undefined => {
    if (image !== undefined) return () => Promise.resolve(image);
    return imageBytes && once(() => prepare({ bytes: imageBytes, name: id }));
  };
  return {
    prepare,
    hold(posts) {
      posts.forEach(checkOnePicture);
      return posts.map((post) => {
        const path = pathOf(post);
        const load = loaderOf(post);
        if (path === undefined || load === undefined) return path;
        const picture = held.get(path) ?? { load, users: 0 };
        picture.users += 1;
        held.set(path, picture);
        return path;
      });
    },
    letGo(posts) {
      for (const post of posts) {
        const path = pathOf(post);
        const picture = path === undefined ? undefined : held.get(path);
        if (path === undefined || picture === undefined) continue;
        picture.users -= 1;
        if (picture.users === 0) held.delete(path);
      }
    },
    load: async (path, options = {}) => held.get(path)?.load() ?? files.load(path, options),
  };
}

function once<Value>(start: () => Promise<Value>): () => Promise<Value> {
  let started: Promise<Value> | undefined;
  return () => (started ??= start());
}

function checkOnePicture({ id, imagePath, imageBytes, image }: PostToLabel): void {
  const given = Object.entries({ imagePath, imageBytes, image }).filter(([, value]) => value !== undefined).map(([name]) => name);
  if (given.length <= 1) return;
  throw new MmhsError('MMHS_LABELLER_POST', 'A post has one picture', {
    where: id, got: given.join(' and '), expected: 'one of them, or none',
  });
}
