import { MmhsError } from '@mmhs/core';
import type { Socket } from 'node:net';
import { errorBody, statusOf } from './error-reply.ts';

/** Answers what never became a request: not HTTP, headers too large, or too slow; then hangs up. */
export function answerBrokenHttp(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy();
    return;
  }
  const told = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
    ? new MmhsError('MMHS_REQUEST_SLOW', 'The request took too long to arrive', { fix: 'send it without pauses' })
    : new MmhsError('MMHS_REQUEST_HTTP', 'The request is not HTTP/1.1', { got: error.code ?? error.message });
  const body = JSON.stringify(errorBody(told));
  const reasons: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout' };
  const status = statusOf(told);
  if (socket.writable) {
    socket.end(
      `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
