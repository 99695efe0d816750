import { availableParallelism } from 'node:os';
import { MmhsError, type Tensor, type TensorSpec } from '@mmhs/core';
import { loadCheckpoint, loadTensors, type CheckpointHandle } from './checkpoint-handle.ts';
import { probeModel } from './initializers.ts';
import type { Device } from './messages.ts';
import { createParameterStore, type ParameterStore } from './parameter-store.ts';
import { createSession, type CreateSessionOptions, type Session } from './session.ts';
import { startWorker } from './worker-link.ts';

/** A worker thread with onnxruntime in it, and everything that lives there. */
export interface Runtime {
  readonly device: Device;
  /** Threads onnxruntime computes with. */
  readonly threads: number;
  /** Opens a folder's weights; see {@link CheckpointHandle}. */
  loadCheckpoint(options: {
    readonly folder: string;
    /** The model's `canonicalName`: what graphs call a tensor, by its name in the files. */
    readonly canonicalName?: ((name: string) => string) | undefined;
    readonly signal?: AbortSignal;
  }): Promise<CheckpointHandle>;
  /** Copies tensors into the worker, to serve as weights. */
  loadTensors(options: { readonly tensors: Readonly<Record<string, Tensor>> }): Promise<CheckpointHandle>;
  /** Allocates trained tensors and their gradients in memory shared with the worker. */
  createParameters(options: { readonly specs: readonly TensorSpec[] }): Promise<ParameterStore>;
  /**
   * Makes a session of a graph.
   *
   * @throws MmhsError `MMHS_RUNTIME_WEIGHTS` or `MMHS_RUNTIME_PARAMETERS` naming a tensor that is missing or does not
   * fit, `MMHS_RUNTIME_FAILED` with onnxruntime's message.
   */
  createSession(options: CreateSessionOptions): Promise<Session>;
  /** Frees everything and ends the worker after the calls made so far. */
  close(): Promise<void>;
}

/** How a runtime is started. */
export interface CreateRuntimeOptions {
  /** `cpu` by default. */
  readonly device?: Device;
  /** Threads to compute with; as many as the machine runs in parallel by default. */
  readonly threads?: number;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a worker thread that owns all sessions, so that this thread's event loop stays free while a graph runs.
 *
 * @throws MmhsError `MMHS_RUNTIME_DEVICE` when the device is not usable here: what is missing and how to get it.
 */
export async function createRuntime(options: CreateRuntimeOptions = {}): Promise<Runtime> {
  const { device = 'cpu', threads = availableParallelism(), signal } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new MmhsError('MMHS_RUNTIME_THREADS', 'The number of threads is not usable', {
      got: String(threads),
      expected: 'a whole number from 1',
    });
  }
  signal?.throwIfAborted();
  const link = startWorker();
  try {
    await link.send({ kind: 'start', device, threads, probe: device === 'cpu' ? undefined : probeModel() }, { signal });
  } catch (error) {
    await link.terminate();
    throw error;
  }
  let last = 0;
  const nextId = (): number => (last += 1);
  return {
    device,
    threads,
    loadCheckpoint: ({ folder, canonicalName, signal: loading }) =>
      loadCheckpoint({ link, id: nextId(), folder, canonicalName, signal: loading }),
    loadTensors: ({ tensors }) => loadTensors({ link, id: nextId(), tensors }),
    createParameters: ({ specs }) => createParameterStore({ link, id: nextId(), specs }),
    createSession: (sessionOptions) => createSession({ ...sessionOptions, link, nextId, device }),
    close: () => link.close(),
  };
}
