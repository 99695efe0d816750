import { createHash } from 'node:crypto';

import { MmhsError, type PostProcessor } from '@mmhs/core';
import { decodeImage } from '@mmhs/images';

import { createImageLoader, type ImageLoader, type LoadedImage } from './image-loader.ts';
import type { PostToLabel } from './labeller.ts';

/** Pictures of posts that are being labelled: files, or bytes that came with the post. */
export interface PostImages extends ImageLoader {
  /** Takes hold of posts' bytes; returns the path by which each post's picture is loaded, undefined for one without. */
  hold(posts: readonly PostToLabel[]): (string | undefined)[];
  /** Lets go of what `hold` took. */
  letGo(posts: readonly PostToLabel[]): void;
}

interface HeldPicture {
  readonly name: string;
  readonly bytes: Uint8Array;
  users: number;
  loaded?: Promise<LoadedImage>;
}

/** Creates the loader; pictures that came as bytes are known by their hash. */
export function createPostImages({ processor }: { readonly processor: PostProcessor }): PostImages {
  const files = createImageLoader({ processor });
  const held = new Map<string, HeldPicture>();
  const hashes = new WeakMap<Uint8Array, string>();
  const hashOf = (bytes: Uint8Array): string => {
    const hash = hashes.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
    hashes.set(bytes, hash);
    return hash;
  };
  const decode = async ({ name, bytes }: HeldPicture): Promise<LoadedImage> => {
    const image = await decodeImage({ bytes, name });
    return { key: hashOf(bytes), processed: processor.processImage(image) };
  };
  return {
    hold(posts) {
      const confused = posts.find(({ imagePath, imageBytes }) => imagePath !== undefined && imageBytes !== undefined);
      if (confused !== undefined) throw twoPictures(confused);
      return posts.map(({ id, imagePath, imageBytes }) => {
        if (imageBytes === undefined) return imagePath;
        const path = `bytes:${hashOf(imageBytes)}`;
        const picture = held.get(path) ?? { name: id, bytes: imageBytes, users: 0 };
        picture.users += 1;
        held.set(path, picture);
        return path;
      });
    },
    letGo(posts) {
      for (const { imageBytes } of posts) {
        const path = imageBytes && `bytes:${hashOf(imageBytes)}`;
        const picture = path === undefined ? undefined : held.get(path);
        if (path === undefined || picture === undefined) continue;
        picture.users -= 1;
        if (picture.users === 0) held.delete(path);
      }
    },
    async load(path, options = {}) {
      const picture = held.get(path);
      if (picture === undefined) return files.load(path, options);
      return (picture.loaded ??= decode(picture));
    },
  };
}

function twoPictures({ id }: PostToLabel): MmhsError {
  return new MmhsError('MMHS_LABELLER_POST', 'A post has one picture', {
    where: id, got: 'imagePath and imageBytes', expected: 'one of them, or none',
  });
}
