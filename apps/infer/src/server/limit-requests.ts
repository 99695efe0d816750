import { setTimeout } from 'node:timers/promises';
import { MmhsError } from '@mmhs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Connections } from './connections.ts';
import { bodyTooLarge } from './error-reply.ts';

/** Bodies of full size that may be in memory at the same time. */
const bodiesAtOnce = 16;

/** Bodies of full size that are received from a client whose answer is known: many read it only when they have sent all. */
const bodiesPassedOver = 8;

/** How long a client may take to send its request, or to read its answer, before others get its place, where places are short. */
const patienceMilliseconds = 2000;

interface Held {
  readonly bytes: number;
  /** Since when its client is waited for; undefined while the server works. */
  waitingSince: number | undefined;
}

/**
 * Refuses a request with a body before any of it is read: for its announced length, for its length beside those of the
 * others, or for their number. Where there is no place, first those lose theirs who have been sending, or have not read their answer,
 * for long: a few dozen slow clients would otherwise keep everybody out.
 */
export function limitRequests(app: FastifyInstance, connections: Pick<Connections, 'whenOver' | 'hangUp'>, limits: {
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
  const makeRoom = (bytes: number): void => {
    const due = performance.now() - patienceMilliseconds;
    for (const [request, { waitingSince = Infinity }] of held) {
      if (!isShort(bytes)) return;
      if (waitingSince < due && connections.hangUp(request)) release(request);
    }
  };
  const setWaiting = (request: FastifyRequest, since: number | undefined): void => {
    const entry = held.get(request);
    if (entry !== undefined) entry.waitingSince = since;
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
    held.set(request, { bytes, waitingSince: performance.now() });
    connections.whenOver(request, () => release(request));
  });
  app.addHook('preValidation', async (request) => setWaiting(request, undefined));
  app.addHook('onSend', async (request, reply) => {
    setWaiting(request, performance.now());
    if (isEndless(request, bodyBytes)) reply.header('connection', 'close');
  });
}

/** Whether more of a request may follow than is worth receiving. */
function isEndless({ raw: { complete, headers } }: FastifyRequest, bodyBytes: number): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return !complete && (encoding !== undefined || Number(length ?? 0) > bodiesPassedOver * bodyBytes);
}

/**
 * Refuses after a moment, each request after another one: hundreds of clients that ask again at once would otherwise keep
 * the server busy with nothing but refusals.
 */
async function refuse(got: string, expected: string): Promise<never> {
  await setTimeout(100 + 300 * Math.random());
  throw new MmhsError('MMHS_SERVER_BUSY', 'The server is busy', { got, expected, fix: 'try again later' });
}
