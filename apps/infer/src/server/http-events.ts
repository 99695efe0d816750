import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { MmhsError } from '@mmhs/core';
import { answerAndHangUp } from './broken-http.ts';
import { jsonType } from './content-types.ts';
import { errorBody, statusOf } from './error-reply.ts';

/** Answers what Node's server would answer with an empty body or not at all, and invites no body that is too large anyway. */
export function answerHttpEvents(server: Server, { bodyBytes }: { readonly bodyBytes: number }): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const isWelcome = !(Number(request.headers['content-length']) > bodyBytes);
    if (isWelcome) response.writeContinue();
    else response.shouldKeepAlive = false; // whether the body follows all the same cannot be known
    server.emit('request', request, response);
  });
  server.on('checkExpectation', ({ headers }: IncomingMessage, response: ServerResponse) => {
    const told = new MmhsError('MMHS_REQUEST_EXPECT', 'What the client expects is not done here', {
      where: 'expect', got: headers.expect?.slice(0, 200) ?? '', expected: '100-continue',
    });
    response.writeHead(statusOf(told), { 'content-type': jsonType }).end(JSON.stringify(errorBody(told)));
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    answerAndHangUp(new MmhsError('MMHS_REQUEST_METHOD', 'This is no proxy', { got: 'CONNECT', expected: 'GET or POST' }), socket);
  });
}
