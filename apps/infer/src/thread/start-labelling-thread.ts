import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { DescribedPrompt } from '@mmhs/trainer';
import type { AdapterFacts, AnswerOrError } from '../labelling/post.ts';
import type { PreparedPost } from '../request/prepare-pictures.ts';
import type { RequestedPost } from '../request/read-post.ts';
import type { PostService } from '../service.ts';
import type { ThreadData } from './messages.ts';
import { pictureBuffers } from './picture-buffers.ts';
import { withErrors } from './plain-error.ts';
import { linkThread } from './thread-link.ts';

/** The service in a thread of its own, and a promise that rejects should that thread end. */
export interface LabellingThread extends PostService {
  readonly gone: Promise<never>;
}

/**
 * Opens the adapters in a thread of their own.
 *
 * @throws MmhsError what opening them throws, or the signal's reason.
 */
export async function startLabellingThread(options: ThreadData & { readonly signal?: AbortSignal | undefined }): Promise<LabellingThread> {
  const { settings, limits, signal } = options;
  const worker = spawn({ settings, limits });
  const { started, gone, send } = linkThread(worker);
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  const adapters = (await started.catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  })) as readonly AdapterFacts[];
  signal?.removeEventListener('abort', stop);

  return {
    adapters,
    gone,
    async read({ body, format, signal }) {
      const own = ownBytes(body);
      const posts = await send({ name: 'read', body: own, format }, { signal, transfer: [own.buffer] });
      return withErrors(posts as object[]) as RequestedPost[];
    },
    async prepare({ posts, signal }) {
      const prepared = await send({ name: 'prepare', posts }, { signal, transfer: pictureBuffers(posts.map((post) => ({ post }))) });
      return withErrors(prepared as object[]) as PreparedPost[];
    },
    async label({ adapter, posts, signal }) {
      const answers = await send({ name: 'label', adapter, posts }, { signal, transfer: pictureBuffers(posts.map((post) => ({ post }))) });
      return withErrors(answers as object[]) as AnswerOrError[];
    },
    async prompt({ adapter, post, signal }) {
      return (await send({ name: 'prompt', adapter, post }, { signal, transfer: pictureBuffers([{ post }]) })) as DescribedPrompt;
    },
    async close() {
      const exited = once(worker, 'exit');
      // A thread that has ended by itself has nothing left to close.
      await send({ name: 'close' }).then(() => exited, () => worker.terminate());
    },
  };
}

/** Bytes whose buffer holds nothing else, so that it can be handed over; small ones lie in a shared pool. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && byteLength > Buffer.poolSize;
  return whole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}

/** A thread cannot load a `.ts` file by itself, so tsx is registered in it first. */
function spawn(workerData: ThreadData): Worker {
  const loader = import.meta.resolve('tsx/esm/api');
  const entry = new URL('./labelling-thread.ts', import.meta.url).href;
  const code = `import { register } from '${loader}'; register(); await import('${entry}');`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData, execArgv: ['--conditions=@mmhs/source'] });
}
