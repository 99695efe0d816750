import { availableParallelism } from 'node:os';
import type { DescribedPrompt } from '@mmhs/trainer';
import { labelEach } from './labelling/label-each.ts';
import type { AdapterFacts, AnswerOrError, Post, PostLabeller } from './labelling/post.ts';
import { createPlaces } from './places.ts';
import { preparePictures, type PreparedPost } from './request/prepare-pictures.ts';
import type { RequestedPost } from './request/read-post.ts';
import { readPosts, type ReadPostsOptions } from './request/read-posts.ts';

/** Everything that touches a post: what the server asks for, and a thread can do for it. */
export interface PostService {
  readonly adapters: readonly AdapterFacts[];
  /** Reads the posts of a request's body; their pictures stay as they are. */
  read(options: Pick<ReadPostsOptions, 'body' | 'format'> & { readonly signal?: AbortSignal | undefined }): Promise<RequestedPost[]>;
  /** Makes pictures ready, and tells those that cannot be used; one entry a post, in order. Bytes given are used up. */
  prepare(options: { readonly posts: readonly Post[]; readonly signal?: AbortSignal | undefined }): Promise<PreparedPost[]>;
  /** One entry a post, in order. Pictures given are used up. */
  label(options: {
    readonly adapter: string;
    readonly posts: readonly Post[];
    readonly signal?: AbortSignal | undefined;
  }): Promise<AnswerOrError[]>;
  prompt(options: { readonly adapter: string; readonly post: Post; readonly signal?: AbortSignal | undefined }): Promise<DescribedPrompt>;
  close(): Promise<void>;
}

/** Limits on what one request may hold. */
export type PostLimits = ReadPostsOptions['limits'] & {
  /** Most pixels of a picture, found in its header. */
  readonly pixels: number;
};

/** Pictures decoded at the same time, however many requests there are: each takes as much memory as it has pixels, many times its file. */
const decodedAtOnce = Math.min(4, availableParallelism());

/** The service of a labeller, in the thread it is called in. */
export function createPostService({ labeller, limits }: { readonly labeller: PostLabeller; readonly limits: PostLimits }): PostService {
  const { adapters } = labeller;
  const decoding = createPlaces(decodedAtOnce);
  return {
    adapters,
    read: async ({ signal, ...options }) => {
      signal?.throwIfAborted();
      return readPosts({ ...options, limits, adapters: adapters.map(({ name }) => name) });
    },
    prepare: (options) => preparePictures({ ...options, labeller, decoding, pixels: limits.pixels }),
    label: (options) => labelEach({ ...options, labeller }),
    prompt: (options) => labeller.prompt(options),
    close: () => labeller.close(),
  };
}
