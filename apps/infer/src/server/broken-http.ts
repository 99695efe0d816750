import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { MmhsError } from '@mmhs/core';
import { errorBody, statusOf } from './error-reply.ts';

/** Answers what never became a request: not HTTP, headers too large, or too slow; then hangs up. */
export function answerBrokenHttp(error: Error & { readonly code?: string; readonly reason?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) socket.destroy();
  else answerAndHangUp(toTold(error), socket);
}

/** Answers on a connection that has no request of its own, and hangs up. */
export function answerAndHangUp(told: MmhsError, socket: Duplex): void {
  const body = JSON.stringify(errorBody(told));
  const status = statusOf(told);
  if (socket.writable) {
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  if (socket.writableFinished) socket.destroy();
  else socket.once('finish', () => socket.destroy());
}

/** What is told about a request that does not arrive in time. */
export function tooSlow(): MmhsError {
  return new MmhsError('MMHS_REQUEST_SLOW', 'The request took too long to arrive', { fix: 'send it without pauses' });
}

function toTold({ code, reason, message }: Parameters<typeof answerBrokenHttp>[0]): MmhsError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return tooSlow();
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new MmhsError('MMHS_REQUEST_HEADERS', 'The headers are too large', { expected: `at most ${maxHeaderSize} bytes with the address` });
  }
  return new MmhsError('MMHS_REQUEST_HTTP', 'The request is not HTTP/1.1', { got: reason ?? code ?? message });
}
