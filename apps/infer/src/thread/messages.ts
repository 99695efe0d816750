import type { MmhsErrorDetails } from '@mmhs/core';
import type { PostLabellerSettings } from '../labelling/open-post-labeller.ts';
import type { Post } from '../labelling/post.ts';
import type { PostLimits } from '../service.ts';

/** What the thread is started with. */
export interface ThreadData {
  readonly settings: PostLabellerSettings;
  readonly limits: PostLimits;
}

/** Work for the thread, by name. */
export type Command =
  | { readonly name: 'read'; readonly body: Uint8Array; readonly format: 'json' | 'lines' }
  | { readonly name: 'prepare'; readonly posts: readonly Post[] }
  | { readonly name: 'label'; readonly adapter: string; readonly posts: readonly Post[] }
  | { readonly name: 'prompt'; readonly adapter: string; readonly post: Post }
  | { readonly name: 'close' };

/** To the thread: a command, or the wish to end one. */
export type Request = { readonly request: number; readonly command: Command } | { readonly cancel: number };

/** From the thread: a result. Number 0 is that of its start: the adapters. */
export type Reply = { readonly request: number; readonly value: unknown } | { readonly request: number; readonly error: PlainError };

/** An error as plain data. */
export interface PlainError {
  /** undefined for an unexpected error, whose message is its stack. */
  readonly code: string | undefined;
  readonly message: string;
  readonly details: MmhsErrorDetails;
}
