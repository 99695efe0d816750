import { MmhsError } from '@mmhs/core';
import type { FastifyError } from 'fastify';
import type { z } from 'zod';
import type { errorSchema } from '../request/post-schema.ts';

/** HTTP statuses of error codes, by their beginnings; the first that fits counts. */
const statuses: readonly (readonly [beginning: string, status: number])[] = [
  ['MMHS_REQUEST_TOO_LARGE', 413],
  ['MMHS_REQUEST_TYPE', 415],
  ['MMHS_REQUEST_ACCEPT', 406],
  ['MMHS_REQUEST_ROUTE', 404],
  ['MMHS_REQUEST_METHOD', 405],
  ['MMHS_REQUEST_SLOW', 408],
  ['MMHS_REQUEST_EXPECT', 417],
  ['MMHS_REQUEST_HEADERS', 431],
  ['MMHS_REQUEST', 400],
  ['MMHS_IMAGE_TOO_LARGE', 413],
  ['MMHS_IMAGE_WORKER', 500],
  ['MMHS_IMAGE_CLOSED', 500],
  ['MMHS_IMAGE', 422],
  ['MMHS_PROMPT_TOO_LONG', 413],
  ['MMHS_SERVER_BUSY', 429],
  ['MMHS_SERVER_STOPPING', 503],
  ['MMHS_SERVER_TIMEOUT', 503],
];

/** Body of an answer that tells an error. */
export type ErrorBody = z.infer<typeof errorSchema>;

/** The status an error is answered with. */
export function statusOf(error: MmhsError): number {
  return statuses.find(([beginning]) => error.code.startsWith(beginning))?.[1] ?? 500;
}

/** The error as JSON. */
export function errorBody({ code, message, details }: MmhsError): ErrorBody {
  const { cause: _, ...told } = details;
  return { error: { code, message, ...told } };
}

/**
 * An error as the caller may see it: what the framework found wrong with a request in our words, and nothing about the
 * inside of an unexpected one.
 */
export function toPublicError(error: unknown, { bodyBytes, contentType }: { readonly bodyBytes: number; readonly contentType?: string | undefined }): MmhsError {
  if (MmhsError.isInstance(error) && statusOf(error) !== 500) return error;
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(bodyBytes);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new MmhsError('MMHS_REQUEST_TYPE', 'The content type is not read here', {
      where: 'content-type', got: contentType?.slice(0, 200) ?? 'none', expected: 'application/json or application/jsonlines', fix: 'name the type of the body',
    });
  }
  if (statusCode >= 400 && statusCode < 500) return new MmhsError('MMHS_REQUEST_HTTP', 'The request is not usable', { got: message ?? code });
  return new MmhsError('MMHS_SERVER_FAILED', 'The server failed on this request', { fix: "see the server's log" });
}

/** What is told about a body beyond the limit. */
export function bodyTooLarge(bodyBytes: number): MmhsError {
  return new MmhsError('MMHS_REQUEST_TOO_LARGE', 'The body is too large', {
    expected: `at most ${bodyBytes} bytes`, fix: 'send a smaller picture or fewer posts at a time',
  });
}
