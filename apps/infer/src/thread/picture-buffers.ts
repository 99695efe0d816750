import type { Post } from '../labelling/post.ts';

/** The memory of posts' pictures, to be handed to another thread instead of copied. */
export function pictureBuffers(entries: readonly ({ readonly post: Post } | object)[]): ArrayBuffer[] {
  return [...new Set(entries.flatMap((entry) => ('post' in entry ? buffersOf(entry.post) : [])))];
}

function buffersOf({ image }: Post): ArrayBuffer[] {
  if (image === undefined || 'path' in image) return [];
  if ('bytes' in image) return [image.bytes.buffer];
  return Object.values(image.ready.processed.tensors).flatMap(({ data: { buffer } }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}
