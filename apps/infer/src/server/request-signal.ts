import { MmhsError } from '@mmhs/core';
import type { FastifyReply } from 'fastify';

/**
 * A signal for the work on one request: aborted when the time for the answer is up, when the client has gone, and when
 * the server stops without waiting any longer.
 */
export function requestSignal(reply: FastifyReply, options: { readonly seconds: number; readonly stop: AbortSignal }): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new MmhsError('MMHS_SERVER_TIMEOUT', 'The answer took too long', {
      expected: `at most ${options.seconds} s`, fix: 'try again later, or send fewer posts at a time',
    }));
  }, options.seconds * 1000);
  const onStop = (): void => controller.abort(options.stop.reason);
  options.stop.addEventListener('abort', onStop, { once: true });
  reply.raw.once('close', () => {
    clearTimeout(timer);
    options.stop.removeEventListener('abort', onStop);
    if (!reply.raw.writableFinished) controller.abort(new MmhsError('MMHS_REQUEST_LEFT', 'The client has gone'));
  });
  return controller.signal;
}
