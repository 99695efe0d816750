import { setTimeout } from 'node:timers/promises';
import { MmhsError } from '@mmhs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Connections } from './connections.ts';
import { bodyTooLarge } from './error-reply.ts';

/** Bodies of full size that may be in memory at the same time. */
const bodiesAtOnce = 16;

/** How long a body may be on its way before its place is given to another one, where places are short. */
const sendingMilliseconds = 2000;

interface Held {
  readonly bytes: number;
  readonly since: number;
  /** Whether all of the body is here. */
  arrived: boolean;
}

/**
 * Refuses a request with a body before any of it is read: for its announced length, for its length beside those of the
 * others, or for their number. Where there is no place, first those lose theirs who have been sending for long: a few dozen slow
 * clients would otherwise keep everybody out.
 */
export function limitRequests(app: FastifyInstance, connections: Pick<Connections, 'whenOver' | 'hangUpOnSlow'>, limits: {
  /** Largest body in bytes. */
  readonly bodyBytes: number;
  /** Most requests with a body that are under way. */
  readonly openRequests: number;
}): void {
  const { bodyBytes, openRequests } = limits;
  const held = new Map<FastifyRequest, Held>();
  let total = 0;
  const release = (request: FastifyRequest): void => {
    total -= held.get(request)?.bytes ?? 0;
    held.delete(request);
  };
  const isShort = (bytes: number): boolean => held.size >= openRequests || total + bytes > bodiesAtOnce * bodyBytes;
  /** In the order they began. */
  const makeRoom = (bytes: number): void => {
    const due = performance.now() - sendingMilliseconds;
    for (const [request, { since, arrived }] of held) {
      if (since > due || !isShort(bytes)) return;
      if (arrived) continue;
      release(request);
      connections.hangUpOnSlow(request);
    }
  };
  app.addHook('onRequest', async (request) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (length === undefined && encoding === undefined) return;
    // A chunked body does not say how long it is going to be.
    const bytes = length === undefined ? bodyBytes : Number(length);
    if (bytes > bodyBytes) throw bodyTooLarge(bodyBytes);
    makeRoom(bytes);
    if (held.size >= openRequests) await refuse(`${held.size} other requests`, `at most ${openRequests} at a time`);
    if (isShort(bytes)) await refuse(`${total} bytes of other requests`, `at most ${bodiesAtOnce * bodyBytes}`);
    total += bytes;
    held.set(request, { bytes, since: performance.now(), arrived: false });
    connections.whenOver(request, () => release(request));
  });
  app.addHook('preValidation', async (request) => {
    const entry = held.get(request);
    if (entry !== undefined) entry.arrived = true;
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
