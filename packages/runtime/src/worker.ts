import { parentPort } from 'node:worker_threads';
import { MmhsError } from '@mmhs/core';
import { env, InferenceSession } from 'onnxruntime-node';
import { BufferPool } from './buffer-pool.ts';
import { deviceError } from './device-error.ts';
import { KeptTensors } from './kept-tensors.ts';
import type { Command, Device, Reply, Request, RunResult } from './messages.ts';
import { toPlainError } from './plain-error.ts';
import { WorkerParameters } from './worker-parameters.ts';
import { createWorkerSession, type SessionSurroundings, type WorkerSession } from './worker-session.ts';
import { holdWeights, openWeights, type WorkerWeights } from './worker-weights.ts';

/**
 * The thread that owns every session, because a run blocks its thread. Commands are carried out one after the other in
 * the order in which they were sent.
 */

/** Idle memory kept for tensors to come, such as the next step's key-value cache. */
const idleLimit = 512 * 2 ** 20;

const sessions = new Map<number, WorkerSession>();
const weights = new Map<number, WorkerWeights>();
const parameters = new Map<number, WorkerParameters>();
const pool = new BufferPool({ idleLimit });
const kept = new KeptTensors(pool);
let around: SessionSurroundings | undefined;

async function carryOut(command: Command): Promise<unknown> {
  switch (command.kind) {
    case 'start':
      env.logLevel = 'fatal';
      if (command.probe !== undefined) await tryDevice(command.device, command.probe);
      around = { device: command.device, threads: command.threads, weights, parameters, kept, pool };
      return undefined;
    case 'open-checkpoint':
      weights.set(command.weights, await openWeights(command));
      return undefined;
    case 'load-tensors':
      weights.set(command.weights, holdWeights(command.tensors));
      return undefined;
    case 'release-weights':
      return weights.delete(command.weights);
    case 'create-parameters':
      parameters.set(command.parameters, new WorkerParameters(command));
      return undefined;
    case 'release-parameters':
      return parameters.delete(command.parameters);
    case 'create-session':
      sessions.set(command.session, await createWorkerSession(command, around as SessionSurroundings));
      return undefined;
    case 'run':
      return sessionOf(command.session).run(command);
    case 'release-session':
      await sessions.get(command.session)?.release();
      return sessions.delete(command.session);
    case 'release-kept':
      return command.kept.forEach((id) => kept.release(id));
    case 'close':
      for (const session of sessions.values()) await session.release();
      parentPort?.close();
      return undefined;
  }
}

function sessionOf(id: number): WorkerSession {
  const session = sessions.get(id);
  if (session !== undefined) return session;
  throw new MmhsError('MMHS_RUNTIME_RELEASED', 'The session was released');
}

async function tryDevice(device: Device, probe: Uint8Array): Promise<void> {
  try {
    const session = await InferenceSession.create(probe, { executionProviders: [device], logSeverityLevel: 4 });
    await session.release();
  } catch (cause) {
    throw deviceError(device, cause instanceof Error ? cause.message : String(cause));
  }
}

const cancelled = new Set<number>();
let queue: Promise<void> = Promise.resolve();

parentPort?.on('message', (message: Request) => {
  if ('cancel' in message) {
    cancelled.add(message.cancel);
    return;
  }
  const { request, command } = message;
  queue = queue.then(async () => {
    const reply = await answer(request, command);
    cancelled.delete(request);
    parentPort?.postMessage(reply, transferListOf(command, reply));
  });
});

async function answer(request: number, command: Command): Promise<Reply> {
  try {
    if (cancelled.has(request)) throw new Error('cancelled');
    return { request, ok: true, value: await carryOut(command) };
  } catch (error) {
    const fallback = { code: 'MMHS_RUNTIME_FAILED', message: `onnxruntime could not carry out '${command.kind}'` };
    return { request, ok: false, error: toPlainError(error, fallback) };
  }
}

/** Results move to the other thread instead of being copied. */
function transferListOf(command: Command, reply: Reply): ArrayBuffer[] {
  if (command.kind !== 'run' || !reply.ok) return [];
  return Object.values((reply.value as RunResult).delivered).map(({ data }) => data.buffer as ArrayBuffer);
}
