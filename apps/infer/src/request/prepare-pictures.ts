import { MmhsError } from '@mmhs/core';
import { isPostError } from '../labelling/label-each.ts';
import type { Post, PostLabeller } from '../labelling/post.ts';
import type { Places } from '../places.ts';

/** A post whose picture is ready for the model, or what is wrong with it. */
export type PreparedPost = { readonly post: Post } | { readonly error: MmhsError };

/**
 * Decodes the pictures that came as bytes and makes them ready for the model, one after the other: the only time they are
 * decoded.
 *
 * @returns one entry a post, in order.
 */
export async function preparePictures({ posts, labeller, decoding, pixels, signal }: {
  readonly posts: readonly Post[];
  readonly labeller: Pick<PostLabeller, 'prepareImage'>;
  /** For pictures that are being decoded. */
  readonly decoding: Places;
  /** Most pixels of a picture, found in its header. */
  readonly pixels: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<PreparedPost[]> {
  const prepared: PreparedPost[] = [];
  for (const post of posts) {
    signal?.throwIfAborted();
    prepared.push(await prepare(post).catch(toError));
  }
  return prepared;

  async function prepare(post: Post): Promise<PreparedPost> {
    if (post.image === undefined || !('bytes' in post.image)) return { post };
    const { bytes } = post.image;
    const giveBack = await decoding.take({ count: 1, signal });
    try {
      const ready = await labeller.prepareImage({ bytes, name: `${post.source}, image_base64`, limits: { maxPixels: pixels }, signal });
      return { post: { ...post, image: { ready } } };
    } finally {
      giveBack();
    }
  }

  function toError(error: unknown): PreparedPost {
    signal?.throwIfAborted();
    if (isPostError(error)) return { error: forCaller(error) };
    throw error;
  }
}

/** Callers cannot raise a limit, as the decoder suggests. */
function forCaller(error: MmhsError): MmhsError {
  if (error.code !== 'MMHS_IMAGE_TOO_LARGE') return error;
  return new MmhsError(error.code, 'The picture is too large', { ...error.details, fix: 'send a smaller copy' });
}
