import { MmhsError, type MmhsErrorDetails } from '@mmhs/core';

import type { ImageOutput, PreparedKinds, PrepareOptions } from './prepare.ts';

/** What a worker is asked: one picture at a time. */
export type WorkerRequest = PrepareOptions<ImageOutput>;

/** What it answers. */
export type WorkerReply = { readonly ok: true; readonly value: PreparedKinds[ImageOutput['kind']] } | { readonly ok: false; readonly error: PlainError };

/** An error as data that can go from thread to thread. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly details: MmhsErrorDetails;
}

/** Makes data of whatever was thrown. Causes stay behind: they need not be copyable. */
export function toPlainError(error: unknown): PlainError {
  if (!MmhsError.isInstance(error)) {
    const got = error instanceof Error ? error.message : String(error);
    return toPlainError(new MmhsError('MMHS_IMAGE_WORKER', 'A picture could not be prepared', { got }));
  }
  const { cause: _, ...details } = error.details;
  return { code: error.code, message: error.message, details };
}

/** The MmhsError again. */
export function fromPlainError({ code, message, details }: PlainError): MmhsError {
  // The message already says what the details say.
  return Object.assign(new MmhsError(code, message), { details });
}
