import { MmhsError } from '@mmhs/core';
import { decodeImage } from '@mmhs/images';
import type { Answer, Post, PostLabeller } from '../labelling/post.ts';

/** Options of {@link fakeLabeller}. */
export interface FakeOptions {
  readonly names?: readonly string[];
  /** Longest text that a prompt can be written for. */
  readonly longestText?: number;
  /** Waited for before a batch is answered. */
  readonly work?: (posts: readonly Post[], signal: AbortSignal | undefined) => Promise<void>;
}

/** A labeller without a model: it gives the label `long` to texts over 10 characters and `picture` to posts with one. */
export function fakeLabeller({ names = ['first', 'second'], longestText = Infinity, work = async () => {} }: FakeOptions = {}): PostLabeller {
  const labels = ['long', 'picture'];
  const check = ({ text, source }: Post): void => {
    if (text.length > longestText) throw new MmhsError('MMHS_PROMPT_TOO_LONG', 'The text is too long', { where: source });
  };
  return {
    adapters: names.map((name) => ({ name, version: `${name}-1`, labels, rule: 'thresholds', thresholds: { long: 0.5, picture: 0.25 } })),
    async label({ posts, signal }) {
      posts.forEach(check);
      await work(posts, signal);
      return posts.map(({ text, image }): Answer => {
        const scores = { long: text.length > 10 ? 0.9 : 0.1, picture: image === undefined ? 0 : 1 };
        return { labels: labels.filter((label) => scores[label as 'long'] > 0.5), scores, rawText: text, valid: true };
      });
    },
    // As a model that looks at one pixel.
    prepareImage: async ({ bytes, name, limits = {}, signal }) => {
      const { data } = await decodeImage({ bytes, name, limits, ...(signal && { signal }) });
      const pixel = { type: 'float32', shape: [3], data: Float32Array.from(data.subarray(0, 3)) } as const;
      return { key: name, processed: { tensors: { pixel }, featureRows: 1, layout: undefined } };
    },
    prompt: async ({ adapter, post }) => {
      check(post);
      return { text: `${adapter} asks: ${'<image>'.repeat(post.image === undefined ? 0 : 64)}${post.text}`, tokens: 3, sharedTokens: 2, imageTokens: 0, truncatedTextTokens: 0 };
    },
    close: async () => {},
  };
}
