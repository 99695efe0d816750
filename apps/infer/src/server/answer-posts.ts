import type { MmhsError } from '@mmhs/core';
import { toRow, type AnswerRow } from '../answer-row.ts';
import type { AdapterFacts, AnswerOrError } from '../labelling/post.ts';
import type { RequestedPost } from '../request/read-post.ts';
import type { Batcher } from './batcher.ts';

/** A post's answer as JSON, with the name the caller gave it. */
export type AnswerBody = AnswerRow & { readonly id?: string | number };

/** What stands for a post in the answer to a request. */
export type PostResult = { readonly id: string | number | undefined } & ({ readonly body: AnswerBody } | { readonly error: MmhsError });

/**
 * Puts the usable posts of a request through the queue, a batch at a time, so that a long request does not keep others
 * waiting; one result a post, in order.
 */
export async function answerPosts(options: {
  readonly requested: readonly RequestedPost[];
  readonly adapters: readonly AdapterFacts[];
  readonly batcher: Batcher;
  readonly batchSize: number;
  readonly signal: AbortSignal;
}): Promise<PostResult[]> {
  const { requested, adapters, batcher, batchSize, signal } = options;
  const entries = requested.filter((item) => 'post' in item);
  const answers: AnswerOrError[] = [];
  for (let start = 0; start < entries.length; start += batchSize) {
    answers.push(...(await batcher.submit({ entries: entries.slice(start, start + batchSize), signal })));
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
