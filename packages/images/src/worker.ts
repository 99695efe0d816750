import { parentPort } from 'node:worker_threads';

import { prepareImage } from './prepare.ts';
import { toPlainError, type WorkerReply, type WorkerRequest } from './worker-messages.ts';

/** The thread behind `createImageWorkers`: one request, one reply. */
async function answer(request: WorkerRequest): Promise<void> {
  try {
    const value = await prepareImage(request);
    const array = value instanceof Float32Array ? value : value.data;
    // Floats are ours and change hands; pixels may belong to libvips and are copied.
    const moved = array instanceof Float32Array ? [array.buffer as ArrayBuffer] : [];
    parentPort?.postMessage({ ok: true, value } satisfies WorkerReply, moved);
  } catch (error) {
    parentPort?.postMessage({ ok: false, error: toPlainError(error) } satisfies WorkerReply);
  }
}

parentPort?.on('message', (request: WorkerRequest) => void answer(request));
