import { setTimeout } from 'node:timers/promises';
import { MmhsError } from '@mmhs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Connections } from './connections.ts';
import { bodyTooLarge } from './error-reply.ts';

/** Bodies of full size that may be in memory at the same time. */
const bodiesAtOnce = 16;

/**
 * Refuses a request with a body before any of it is read: for its announced length, for its length beside those of the
 * others, or for their number.
 */
export function limitRequests(app: FastifyInstance, connections: Pick<Connections, 'whenOver'>, limits: {
  /** Largest body in bytes. */
  readonly bodyBytes: number;
  /** Most requests with a body that are under way. */
  readonly openRequests: number;
}): void {
  const { bodyBytes, openRequests } = limits;
  const held = new Map<FastifyRequest, number>();
  let total = 0;
  const release = (request: FastifyRequest): void => {
    total -= held.get(request) ?? 0;
    held.delete(request);
  };
  app.addHook('onRequest', async (request) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (length === undefined && encoding === undefined) return;
    // A chunked body does not say how long it is going to be.
    const bytes = length === undefined ? bodyBytes : Number(length);
    if (bytes > bodyBytes) throw bodyTooLarge(bodyBytes);
    if (held.size >= openRequests) await refuse(`${held.size} other requests`, `at most ${openRequests} at a time`);
    if (total + bytes > bodiesAtOnce * bodyBytes) await refuse(`${total} bytes of other requests`, `at most ${bodiesAtOnce * bodyBytes}`);
    total += bytes;
    held.set(request, bytes);
    connections.whenOver(request, () => release(request));
  });
}

/**
 * Refuses after a moment, each request after another one: hundreds of clients that ask again at once would otherwise keep
 * the server busy with nothing but refusals.
 */
async function refuse(got: string, expected: string): Promise<never> {
  await setTimeout(100 + 300 * Math.random());
  throw new MmhsError('MMHS_SERVER_BUSY', 'The server is busy', { got, expected, fix: 'try again later' });
}
