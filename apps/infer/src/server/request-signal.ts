import { MmhsError } from '@mmhs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from './create-server.ts';

/**
 * A signal for the work on one request: aborted when the time for the answer is up, when the client has gone, and when
 * the server stops without waiting any longer.
 */
export function requestSignal(request: FastifyRequest, reply: FastifyReply, { settings, stop, connections }: Pick<ServerContext, 'settings' | 'stop' | 'connections'>): AbortSignal {
  const controller = new AbortController();
  const seconds = settings.answerSeconds;
  const timer = setTimeout(() => {
    controller.abort(new MmhsError('MMHS_SERVER_TIMEOUT', 'The answer took too long', {
      expected: `at most ${seconds} s`, fix: 'try again later, or send fewer posts at a time',
    }));
  }, seconds * 1000);
  const onStop = (): void => controller.abort(stop.reason);
  stop.addEventListener('abort', onStop, { once: true });
  connections.whenOver(request, () => {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
    if (!reply.raw.writableFinished) controller.abort(new MmhsError('MMHS_REQUEST_LEFT', 'The client has gone'));
  });
  return controller.signal;
}
