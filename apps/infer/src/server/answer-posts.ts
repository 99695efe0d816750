import type { MmhsError } from '@mmhs/core';
import { toRow, type AnswerRow } from '../answer-row.ts';
import type { AdapterFacts, AnswerOrError } from '../labelling/post.ts';
import type { Places } from '../places.ts';
import type { RequestedPost } from '../request/read-post.ts';
import type { PostService } from '../service.ts';
import type { Batcher } from './batcher.ts';

/** A post's answer as JSON, with the name the caller gave it. */
export type AnswerBody = AnswerRow & { readonly id?: string | number };

/** What stands for a post in the answer to a request. */
export type PostResult = { readonly id: string | number | undefined } & ({ readonly body: AnswerBody } | { readonly error: MmhsError });

type UsablePost = Extract<RequestedPost, { readonly post: unknown }>;

/** What {@link answerPosts} works with. */
export interface AnswerPostsOptions {
  readonly requested: readonly RequestedPost[];
  readonly service: Pick<PostService, 'adapters' | 'prepare'>;
  readonly batcher: Batcher;
  /** For pictures that are ready for the model. */
  readonly places: Places;
  readonly batchSize: number;
  readonly signal: AbortSignal;
}

/**
 * Puts the usable posts of a request through the queue, a batch at a time, so that a long request neither keeps others
 * waiting nor has all its pictures decoded at once; one result a post, in order.
 */
export async function answerPosts(options: AnswerPostsOptions): Promise<PostResult[]> {
  const { requested, service: { adapters }, batchSize } = options;
  const entries = requested.filter((item) => 'post' in item);
  const answers: AnswerOrError[] = [];
  for (let start = 0; start < entries.length; start += batchSize) {
    answers.push(...(await answerChunk(entries.slice(start, start + batchSize), options)));
  }
  const answerOf = new Map<RequestedPost, AnswerOrError | undefined>(entries.map((entry, index) => [entry, answers[index]]));
  return requested.map((item): PostResult => {
    if ('error' in item) return item;
    const found = answerOf.get(item) as AnswerOrError;
    if ('error' in found) return { id: item.id, error: found.error };
    const facts = adapters.find(({ name }) => name === item.adapter) as AdapterFacts;
    return { id: item.id, body: { ...(item.id === undefined ? {} : { id: item.id }), ...toRow(found.answer, facts) } };
  });
}

/** Pictures are checked and made ready before their posts enter the queue; unusable ones never do. */
async function answerChunk(entries: readonly UsablePost[], options: AnswerPostsOptions): Promise<AnswerOrError[]> {
  const { service, batcher, places, signal } = options;
  const pictures = entries.filter(({ post }) => post.image !== undefined).length;
  const giveBack = pictures === 0 ? undefined : await places.take({ count: pictures, signal });
  try {
    const prepared = pictures === 0 ? entries : await service.prepare({ posts: entries.map(({ post }) => post), signal });
    const usable = prepared.flatMap((item, index) => ('post' in item ? [{ adapter: (entries[index] as UsablePost).adapter, post: item.post }] : []));
    const answers = (await batcher.submit({ entries: usable, signal })).values();
    return prepared.map((item) => ('post' in item ? (answers.next().value as AnswerOrError) : item));
  } finally {
    giveBack?.();
  }
}
