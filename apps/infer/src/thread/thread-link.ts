import type { Worker } from 'node:worker_threads';
import { MmhsError } from '@mmhs/core';
import type { Command, Reply, Request } from './messages.ts';
import { fromPlainError } from './plain-error.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends commands to a thread and matches its answers to them. */
export interface ThreadLink {
  /** What the thread says first: that it is ready, or why not. */
  readonly started: Promise<unknown>;
  /** Rejects when the thread has gone. */
  readonly gone: Promise<never>;
  /** An abort rejects at once with the signal's reason. Buffers in `transfer` are handed over, not copied. */
  send(command: Command, options?: { readonly signal?: AbortSignal | undefined; readonly transfer?: ArrayBuffer[] }): Promise<unknown>;
}

/** Number of the answer that no command asked for: the thread's first. */
export const startRequest = 0;

/** Links to a thread just created. */
export function linkThread(worker: Worker): ThreadLink {
  const pending = new Map<number, Pending>();
  let last = startRequest;
  let ended: MmhsError | undefined;
  const expect = (request: number): Promise<unknown> => new Promise((resolve, reject) => pending.set(request, { resolve, reject }));

  worker.on('message', (reply: Reply) => {
    const entry = pending.get(reply.request);
    pending.delete(reply.request);
    if ('error' in reply) entry?.reject(fromPlainError(reply.error));
    else entry?.resolve(reply.value);
  });
  const gone = new Promise<never>((_, reject) => {
    const end = (got: string, cause?: unknown): void => {
      ended ??= new MmhsError('MMHS_SERVER_THREAD', 'The labelling thread has ended', { got, cause });
      for (const entry of pending.values()) entry.reject(ended);
      pending.clear();
      reject(ended);
    };
    worker.on('error', (cause) => end(String(cause), cause));
    worker.on('exit', (code) => end(`exit code ${code}`));
  });
  gone.catch(() => undefined); // for those who wait for it

  return {
    started: expect(startRequest),
    gone,
    async send(command, { signal, transfer = [] } = {}) {
      signal?.throwIfAborted();
      if (ended !== undefined) throw ended;
      const request = (last += 1);
      const answer = expect(request);
      const onAbort = (): void => {
        worker.postMessage({ cancel: request } satisfies Request);
        pending.get(request)?.reject(signal?.reason);
        pending.delete(request);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.postMessage({ request, command } satisfies Request, transfer);
      return answer.finally(() => signal?.removeEventListener('abort', onAbort));
    },
  };
}
