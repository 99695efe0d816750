import { MmhsError } from '@mmhs/core';
import type { AnswerOrError, Post, PostLabeller } from './post.ts';

/** Beginnings of the codes of errors that lie in the post, not in the model or the machine. */
const postErrors = ['MMHS_IMAGE', 'MMHS_PROMPT_TOO_LONG', 'MMHS_REQUEST'];

/** Codes that begin alike but lie in the machine. */
const otherErrors = ['MMHS_IMAGE_WORKER', 'MMHS_IMAGE_CLOSED'];

/** Whether an error lies in the post it was thrown for, so that other posts can go on. */
export function isPostError(error: unknown): error is MmhsError {
  if (!MmhsError.isInstance(error) || otherErrors.includes(error.code)) return false;
  return postErrors.some((beginning) => error.code.startsWith(beginning));
}

/**
 * Labels a batch so that an unusable post fails alone: then the batch is labelled post by post.
 *
 * @returns one entry a post, in order.
 */
export async function labelEach(options: {
  readonly labeller: Pick<PostLabeller, 'label'>;
  readonly adapter: string;
  readonly posts: readonly Post[];
  readonly signal?: AbortSignal | undefined;
}): Promise<AnswerOrError[]> {
  const { labeller, adapter, posts, signal } = options;
  try {
    const answers = await labeller.label({ adapter, posts, signal });
    return answers.map((answer) => ({ answer }));
  } catch (error) {
    signal?.throwIfAborted();
    if (!isPostError(error)) throw error;
    if (posts.length === 1) return [{ error }];
  }
  const results: AnswerOrError[] = [];
  for (const post of posts) results.push(...(await labelEach({ ...options, posts: [post] })));
  return results;
}
