import { MmhsError } from '@mmhs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bodyTooLarge } from './error-reply.ts';

/** Bodies of full size that may be in memory at the same time. */
const bodiesAtOnce = 16;

/** Refuses a body by its announced length, before any of it is read: too large by itself, or too much beside the others. */
export function limitBodies(app: FastifyInstance, bodyBytes: number): void {
  const held = new WeakMap<FastifyRequest, number>();
  let total = 0;
  const release = async (request: FastifyRequest): Promise<void> => {
    total -= held.get(request) ?? 0;
    held.delete(request);
  };
  app.addHook('onRequest', async (request) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    // A chunked body does not say how long it is going to be.
    const bytes = length === undefined ? (encoding === undefined ? 0 : bodyBytes) : Number(length);
    if (bytes > bodyBytes) throw bodyTooLarge(bodyBytes);
    if (total + bytes > bodiesAtOnce * bodyBytes) {
      throw new MmhsError('MMHS_SERVER_BUSY', 'Too many bodies are being received', {
        got: `${total} bytes of other requests`, expected: `at most ${bodiesAtOnce * bodyBytes}`, fix: 'try again later',
      });
    }
    total += bytes;
    held.set(request, bytes);
  });
  app.addHook('onResponse', release);
  app.addHook('onRequestAbort', release);
}
