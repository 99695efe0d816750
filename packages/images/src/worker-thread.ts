import { Worker } from 'node:worker_threads';

import { MmhsError } from '@mmhs/core';

import type { ImageOutput, PreparedKinds } from './prepare.ts';
import { fromPlainError, type WorkerReply, type WorkerRequest } from './worker-messages.ts';

/** A thread that answers one request at a time. */
export interface WorkerThread {
  /** @throws MmhsError */
  readonly answer: (request: WorkerRequest) => Promise<PreparedKinds[ImageOutput['kind']]>;
  /** False once it has broken down. */
  readonly alive: () => boolean;
  readonly terminate: () => Promise<void>;
}

/** Starts a thread. It keeps the process alive only while it has a request. */
export function createWorkerThread(): WorkerThread {
  const worker = spawn();
  let settle: ((reply: WorkerReply | MmhsError) => void) | undefined;
  let broken: MmhsError | undefined;
  const breakDown = (got: string): void => {
    broken ??= new MmhsError('MMHS_IMAGE_WORKER', 'A thread that prepares pictures broke down', { got });
    settle?.(broken);
  };
  worker.unref();
  worker.on('message', (reply: WorkerReply) => settle?.(reply));
  worker.on('error', (error: unknown) => breakDown(String(error)));
  worker.on('exit', (code) => breakDown(`exit code ${code}`));
  return {
    answer: (request) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) throw broken;
        const { request: own, moved } = ownArrays(request);
        worker.postMessage(own, moved);
        worker.ref();
        settle = (reply) => {
          settle = undefined;
          worker.unref();
          if (reply instanceof MmhsError) reject(reply);
          else if (reply.ok) resolve(reply.value);
          else reject(fromPlainError(reply.error));
        };
      }),
    alive: () => broken === undefined,
    terminate: async () => void (await worker.terminate()),
  };
}

/** Copies the pixels or bytes of a request, so that the caller keeps theirs and no more than these travel. */
function ownArrays(request: WorkerRequest): { readonly request: WorkerRequest; readonly moved: readonly ArrayBuffer[] } {
  if ('bytes' in request) {
    const bytes = new Uint8Array(request.bytes);
    return { request: { ...request, bytes }, moved: [bytes.buffer] };
  }
  if ('image' in request) {
    const data = new Uint8Array(request.image.data);
    return { request: { ...request, image: { ...request.image, data } }, moved: [data.buffer] };
  }
  return { request, moved: [] };
}

/**
 * Starts the built thread beside this module. Run from TypeScript sources (tests, development) a thread cannot load a `.ts`
 * file by itself, so there tsx is registered first.
 */
function spawn(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url));
  const loader = import.meta.resolve('tsx/esm/api');
  const entry = new URL('./worker.ts', import.meta.url).href;
  const code = `import { register } from '${loader}'; register(); await import('${entry}');`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { execArgv: ['--conditions=@mmhs/source'] });
}
