import { MmhsError } from '@mmhs/core';
import type { FastifyRequest } from 'fastify';

/**
 * Refuses requests whose body would not be what it seems, before any of it is read.
 *
 * @throws MmhsError `MMHS_REQUEST_TYPE` for a compressed body, which is not unpacked here: a few bytes could become gigabytes;
 * `MMHS_REQUEST_HTTP` when the host is missing.
 */
export function checkHead({ headers, raw }: FastifyRequest): void {
  if (headers.host === undefined && raw.httpVersion !== '1.0') {
    throw new MmhsError('MMHS_REQUEST_HTTP', 'The request is not HTTP/1.1', { got: 'no Host header', expected: 'one' });
  }
  refuseCoding('content-encoding', headers['content-encoding'], 'identity');
  refuseCoding('transfer-encoding', headers['transfer-encoding'], 'chunked');
}

function refuseCoding(name: string, coding: string | undefined, known: string): void {
  if (coding === undefined || coding.trim().toLowerCase() === known) return;
  throw new MmhsError('MMHS_REQUEST_TYPE', 'Compressed bodies are not read here', {
    where: name, got: coding.slice(0, 200), expected: 'none', fix: 'send the body as it is',
  });
}
