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

/** Options of {@link labelEach}. */
export interface LabelEachOptions {
  readonly labeller: Pick<PostLabeller, 'label' | 'prompt'>;
  readonly adapter: string;
  readonly posts: readonly Post[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Labels a batch so that an unusable post fails alone: those that no prompt can be written for are taken out, and the others
 * are labelled together, so that one such post costs the others hardly any time.
 *
 * @returns one entry a post, in order.
 */
export async function labelEach(options: LabelEachOptions): Promise<AnswerOrError[]> {
  const { labeller, adapter, posts, signal } = options;
  try {
    const answers = await labeller.label({ adapter, posts, signal });
    return answers.map((answer) => ({ answer }));
  } catch (error) {
    signal?.throwIfAborted();
    if (!isPostError(error)) throw error;
    if (posts.length === 1) return [{ error }];
  }
  const errors = await findErrors(options);
  const usable = posts.filter((post) => !errors.has(post));
  // What no prompt shows comes to light post by post.
  const batches = errors.size > 0 ? [usable] : usable.map((post) => [post]);
  const answers = new Map<Post, AnswerOrError>([...errors].map(([post, error]) => [post, { error }]));
  for (const batch of batches.filter(({ length }) => length > 0)) {
    const labelled = await labelEach({ ...options, posts: batch });
    batch.forEach((post, index) => answers.set(post, labelled[index] as AnswerOrError));
  }
  return posts.map((post) => answers.get(post) as AnswerOrError);
}

/** What is wrong with posts that no prompt can be written for; the model is not run. */
async function findErrors({ labeller, adapter, posts, signal }: LabelEachOptions): Promise<Map<Post, MmhsError>> {
  const errors = new Map<Post, MmhsError>();
  for (const post of posts) {
    signal?.throwIfAborted();
    try {
      await labeller.prompt({ adapter, post });
    } catch (error) {
      if (!isPostError(error)) throw error;
      errors.set(post, error);
    }
  }
  return errors;
}
