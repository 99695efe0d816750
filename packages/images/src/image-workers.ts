import { availableParallelism } from 'node:os';

import { MmhsError } from '@mmhs/core';

import type { ImageOutput, PreparedKinds, PrepareOptions } from './prepare.ts';
import { createWorkerThread, type WorkerThread } from './worker-thread.ts';
import type { WorkerRequest } from './worker-messages.ts';

/** Threads that prepare pictures. */
export interface ImageWorkers {
  /**
   * `prepareImage` in another thread. At most as many pictures as there are threads are worked on at a time; the others wait
   * their turn as they were asked for; a time limit counts from a picture's own turn. Bytes and pictures given are copied.
   *
   * An abort rejects at once with the signal's reason; a picture that has been begun keeps its thread until it is done.
   *
   * @throws MmhsError as `prepareImage`, and `MMHS_IMAGE_CLOSED` after `close`, `MMHS_IMAGE_WORKER` when a thread breaks down.
   */
  readonly prepareImage: <Output extends ImageOutput>(options: PrepareOptions<Output>) => Promise<PreparedKinds[Output['kind']]>;
  /** Refuses what still waits, lets the threads finish what they have begun, and ends them. */
  readonly close: () => Promise<void>;
}

interface Job {
  readonly request: WorkerRequest;
  readonly resolve: (value: PreparedKinds[ImageOutput['kind']]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates threads that prepare pictures off the main thread. They start when needed and do not keep the process alive while
 * they have nothing to do.
 *
 * @param options.threads Default: one for each processor, at most 4, as Node has 4 threads for libvips to decode in.
 * @throws MmhsError `MMHS_IMAGE_SIZE` when `threads` is not a positive whole number.
 */
export function createImageWorkers(options: { readonly threads?: number } = {}): ImageWorkers {
  const { threads = Math.min(4, availableParallelism()) } = options;
  checkThreads(threads);
  const waiting: Job[] = [];
  const idle: WorkerThread[] = [];
  const running = new Set<Promise<void>>();
  let closed = false;

  const run = async (job: Job): Promise<void> => {
    let thread = idle.pop();
    while (thread?.alive() === false) thread = idle.pop();
    thread ??= createWorkerThread();
    await thread.answer(job.request).then(job.resolve, job.reject);
    idle.push(thread);
  };
  const startNext = (): void => {
    while (running.size < threads && waiting.length > 0) {
      const work = run(waiting.shift() as Job);
      running.add(work);
      void work.then(() => {
        running.delete(work);
        startNext();
      });
    }
  };
  const enqueue = ({ signal, ...options }: WorkerRequest): Promise<PreparedKinds[ImageOutput['kind']]> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (closed) throw closedError();
      const onAbort = (): void => {
        const place = waiting.indexOf(job);
        if (place >= 0) waiting.splice(place, 1);
        reject(signal?.reason);
      };
      const forget = (): void => signal?.removeEventListener('abort', onAbort);
      const job: Job = {
        request: options,
        resolve: (value) => (forget(), resolve(value)),
        reject: (error) => (forget(), reject(error)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.push(job);
      startNext();
    });
  return {
    prepareImage: <Output extends ImageOutput>(options: PrepareOptions<Output>) =>
      // The kind decides the type, which a message between threads does not carry.
      enqueue(options) as Promise<PreparedKinds[Output['kind']]>,
    async close() {
      closed = true;
      for (const job of waiting.splice(0)) job.reject(closedError());
      await Promise.all(running);
      await Promise.all(idle.splice(0).map((thread) => thread.terminate()));
    },
  };
}

function closedError(): MmhsError {
  return new MmhsError('MMHS_IMAGE_CLOSED', 'The threads that prepare pictures are closed', {
    fix: 'close them after the last picture',
  });
}

function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1) return;
  throw new MmhsError('MMHS_IMAGE_SIZE', 'There cannot be so many threads', {
    where: 'threads',
    got: String(threads),
    expected: 'a whole number, at least 1',
  });
}
