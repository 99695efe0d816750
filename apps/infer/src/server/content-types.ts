import { MmhsError } from '@mmhs/core';
import type { FastifyRequest } from 'fastify';

/** Content types of JSON Lines, the usual one first. */
export const lineTypes = ['application/jsonlines', 'application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines'];

/** Content type of one JSON object. */
export const jsonType = 'application/json';

/** Whether a request's body is one post or one a line. Its content type was checked before. */
export function bodyFormat(request: FastifyRequest): 'json' | 'lines' {
  return mediaType(request.headers['content-type'] ?? jsonType) === jsonType ? 'json' : 'lines';
}

/**
 * Content type of the answer: the request's own, so that lines are answered by lines; one post as a line where only lines are taken.
 *
 * @throws MmhsError `MMHS_REQUEST_ACCEPT` when the client takes neither JSON nor JSON Lines.
 */
export function answerType(request: FastifyRequest, format: 'json' | 'lines'): string {
  const accept = request.headers.accept ?? '*/*';
  const taken = accept.split(',').filter((part) => !/;\s*q=0(?:\.0*)?\s*$/iu.test(part)).map(mediaType);
  const known = [jsonType, ...lineTypes, 'application/*', '*/*', ''];
  if (!taken.some((type) => known.includes(type))) {
    throw new MmhsError('MMHS_REQUEST_ACCEPT', 'The answer cannot be given in that form', {
      where: 'accept', got: accept.slice(0, 200), expected: `${jsonType} or ${lineTypes[0]}`,
    });
  }
  const line = taken.find((type) => lineTypes.includes(type));
  if (format === 'json') return line !== undefined && taken.every((type) => lineTypes.includes(type)) ? line : jsonType;
  return line ?? mediaType(request.headers['content-type'] ?? '');
}

function mediaType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}
