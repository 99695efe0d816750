import { Worker } from 'node:worker_threads';
import { MmhsError } from '@mmhs/core';
import type { Command, PlainError, Reply, Request } from './messages.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly forget: () => void;
}

/** Sends commands to the worker and matches its answers to them. */
export interface WorkerLink {
  /**
   * Resolves with the worker's answer. An abort rejects at once with the signal's reason; a command that has begun runs
   * to its end, and its answer goes to `afterAbort`.
   */
  send(command: Command, options?: { readonly signal?: AbortSignal | undefined; readonly afterAbort?: () => void }): Promise<unknown>;
  /** Sends what needs no answer; does nothing once the worker has gone. */
  post(command: Command): void;
  /** Frees tensors kept in the worker, before the next command; what is freed at once goes in one message. */
  releaseKept(ids: readonly number[]): void;
  /** Lets the worker finish what it has begun and end. */
  close(): Promise<void>;
  /** Ends the worker at once. */
  terminate(): Promise<void>;
}

/** Starts the worker thread. It keeps the process alive only while it has something to do. */
export function startWorker(): WorkerLink {
  const worker = spawn();
  const pending = new Map<number, Pending>();
  let next = 0;
  let gone: MmhsError | undefined;
  let closing: Promise<void> | undefined;

  const settle = (request: number): Pending | undefined => {
    const entry = pending.get(request);
    entry?.forget();
    pending.delete(request);
    if (pending.size === 0) worker.unref();
    return entry;
  };
  const endWith = (error: MmhsError): void => {
    gone ??= error;
    for (const request of [...pending.keys()]) settle(request)?.reject(gone);
  };
  worker.unref();
  worker.on('message', (reply: Reply) => {
    const entry = settle(reply.request);
    if (reply.ok) entry?.resolve(reply.value);
    else entry?.reject(fromPlainError(reply.error));
  });
  worker.on('error', (cause) => {
    endWith(new MmhsError('MMHS_RUNTIME_WORKER', 'The worker thread failed', { got: String(cause), cause }));
  });
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      endWith(new MmhsError('MMHS_RUNTIME_CLOSED', 'The runtime was closed', { got: `exit code ${code} of its thread` }));
      resolve();
    });
  });

  let released: number[] = [];
  const sendReleased = (): void => {
    if (released.length === 0) return;
    const kept = released;
    released = [];
    post({ kind: 'release-kept', kept });
  };

  const send: WorkerLink['send'] = (command, { signal, afterAbort } = {}) =>
    new Promise((resolve, reject) => {
      sendReleased();
      if (gone !== undefined) throw gone;
      signal?.throwIfAborted();
      const request = (next += 1);
      const onAbort = (): void => {
        worker.postMessage({ cancel: request } satisfies Request);
        reject(signal?.reason);
        // The answer may still come; what it holds has no owner any more.
        pending.set(request, { resolve: () => afterAbort?.(), reject: () => undefined, forget: () => undefined });
      };
      const forget = (): void => signal?.removeEventListener('abort', onAbort);
      pending.set(request, { resolve, reject, forget });
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.ref();
      worker.postMessage({ request, command } satisfies Request);
    });
  const post = (command: Command): void => {
    if (gone === undefined) send(command).catch(() => undefined);
  };
  return {
    send,
    post,
    releaseKept(ids) {
      if (released.length === 0) queueMicrotask(sendReleased);
      released.push(...ids);
    },
    close() {
      post({ kind: 'close' });
      return (closing ??= exited);
    },
    async terminate() {
      await worker.terminate();
    },
  };
}

/**
 * Starts the built worker beside this module. Run from TypeScript sources (tests, development) a thread cannot load a
 * `.ts` file by itself, so there tsx is registered first.
 */
function spawn(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url));
  const loader = import.meta.resolve('tsx/esm/api');
  const entry = new URL('./worker.ts', import.meta.url).href;
  const code = `import { register } from '${loader}'; register(); await import('${entry}');`;
  const profiling = process.execArgv.filter((flag) => /^--(cpu|heap)-prof/u.test(flag));
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    execArgv: ['--conditions=@mmhs/source', ...profiling],
  });
}

function fromPlainError({ code, message, details, described }: PlainError): MmhsError {
  if (!described) return new MmhsError(code, message, details);
  return Object.assign(new MmhsError(code, message), { details });
}
