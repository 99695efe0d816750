import type { ElementArrays, ElementType, Tensor } from '@mmhs/core';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { BufferPool } from './buffer-pool.ts';
import type { KeptTensors } from './kept-tensors.ts';
import type { CreateSessionCommand, Device, RunCommand, RunResult, WantedOutput } from './messages.ts';
import { quantizeWeight } from './quantize-weight.ts';
import { byteLengthOf, makeTensor, viewBuffer } from './typed-arrays.ts';
import type { WorkerParameters } from './worker-parameters.ts';
import { toOrtTensor, type WorkerWeights } from './worker-weights.ts';

/** What a session uses besides its own graph. */
export interface SessionSurroundings {
  readonly device: Device;
  readonly threads: number;
  readonly weights: ReadonlyMap<number, WorkerWeights>;
  readonly parameters: ReadonlyMap<number, WorkerParameters>;
  readonly kept: KeptTensors;
  readonly pool: BufferPool;
}

/** A session in the worker, with its weights and parameters bound. */
export interface WorkerSession {
  run(command: RunCommand): Promise<RunResult>;
  release(): Promise<void>;
}

/** Makes a session and reads the weights it needs that no other session has needed yet. */
export async function createWorkerSession(command: CreateSessionCommand, around: SessionSurroundings): Promise<WorkerSession> {
  const bound: Record<string, OrtTensor> = {};
  for (const { name, from } of command.weights) {
    const weights = getFrom(around.weights, from);
    bound[name] = await (command.weightsAreInitializers ? weights.readOnce(name) : weights.get(name));
  }
  const initializers = [
    ...(command.weightsAreInitializers ? Object.entries(bound).map(([name, { data }]) => externalData(name, data as Float32Array)) : []),
    ...(await quantizeAll(command, around)),
  ];
  const session = await InferenceSession.create(command.model, sessionOptions(command, around, initializers));
  if (command.weightsAreInitializers) for (const name of Object.keys(bound)) delete bound[name];
  for (const { weight, from } of command.quantized.filter(({ isShared }) => isShared)) {
    const { values, scales } = await getFrom(around.weights, from).getQuantized(weight);
    bound[weight.values.name] = values;
    bound[weight.scales.name] = scales;
  }
  const parameters = command.parameters === undefined ? undefined : getFrom(around.parameters, command.parameters.from);
  for (const name of command.parameters?.names ?? []) bound[name] = (parameters as WorkerParameters).value(name);
  return {
    run: (run) => runOnce({ session, bound, parameters, around, run }),
    async release() {
      if (command.profilePrefix !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

function sessionOptions(
  command: CreateSessionCommand,
  around: SessionSurroundings,
  initializers: readonly ExternalData[],
): InferenceSession.SessionOptions {
  return {
    executionProviders: [around.device],
    executionMode: 'sequential',
    // A memory plan is one block for all of a run, beside what the first run, which has none yet, has already taken: on models of
    // 2 to 3 billion parameters 1.7 to 2.8 GiB more, and not faster.
    enableMemPattern: false,
    graphOptimizationLevel: command.optimization,
    intraOpNumThreads: around.threads,
    // Failures come as exceptions; onnxruntime would print them as well.
    logSeverityLevel: 4,
    // Threads wait for their next task by spinning; between its runs a session would take the cores from the others'.
    extra: { session: { force_spinning_stop: '1' } },
    ...(initializers.length === 0 ? {} : { externalData: initializers }),
    ...(command.profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: command.profilePrefix }),
  };
}

interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array;
}

function externalData(path: string, { buffer, byteOffset, byteLength }: ArrayBufferView): ExternalData {
  return { path, data: new Uint8Array(buffer, byteOffset, byteLength) };
}

/** Makes the session's own weights in fewer bits, one after the other: the full ones are not kept. */
async function quantizeAll({ quantized }: CreateSessionCommand, around: SessionSurroundings): Promise<ExternalData[]> {
  const made: ExternalData[] = [];
  for (const { weight, from } of quantized.filter(({ isShared }) => !isShared)) {
    const { values, scales } = quantizeWeight(weight, await getFrom(around.weights, from).readNumbers(weight.source));
    made.push(externalData(weight.values.name, values), externalData(weight.scales.name, scales));
  }
  return made;
}

async function runOnce(options: {
  readonly session: InferenceSession;
  readonly bound: Readonly<Record<string, OrtTensor>>;
  readonly parameters: WorkerParameters | undefined;
  readonly around: SessionSurroundings;
  readonly run: RunCommand;
}): Promise<RunResult> {
  const { session, bound, parameters, around, run } = options;
  parameters?.synchronize(run.parametersVersion);
  const feeds: Record<string, OrtTensor> = { ...bound };
  for (const [name, feed] of Object.entries(run.feeds)) {
    feeds[name] = 'kept' in feed ? around.kept.get(feed.kept) : toOrtTensor(feed);
  }
  const fetches: Record<string, OrtTensor | null> = {};
  const pooled = new Map<string, ArrayBuffer>();
  for (const output of run.outputs) fetches[output.name] = preallocate(output, around.pool, pooled);
  for (const name of run.gradients?.names ?? []) {
    fetches[`grad.${name}`] = (parameters as WorkerParameters).gradient(name);
  }

  let results: InferenceSession.ReturnType;
  try {
    results = await session.run(feeds, fetches);
  } catch (error) {
    for (const buffer of pooled.values()) around.pool.giveBack(buffer);
    throw error;
  }
  if (run.gradients !== undefined) parameters?.publishGradients(run.gradients.names, run.gradients.mode);
  return sortResults({ outputs: run.outputs, fetches, results, around, pooled });
}

/** Memory for an output: pooled when it stays here, fresh when it is given away, none when its shape is not known. */
function preallocate(output: WantedOutput, pool: BufferPool, pooled: Map<string, ArrayBuffer>): OrtTensor | null {
  const { name, type, shape, keepAs } = output;
  if (shape === undefined || shape.includes(0)) return null;
  const bytes = byteLengthOf(type, shape);
  const buffer = keepAs === undefined ? new ArrayBuffer(bytes) : pool.take(bytes);
  if (keepAs !== undefined) pooled.set(name, buffer);
  return new OrtTensor(type, viewBuffer(type, shape, buffer), shape);
}

function sortResults(options: {
  readonly outputs: readonly WantedOutput[];
  readonly fetches: Readonly<Record<string, OrtTensor | null>>;
  readonly results: InferenceSession.ReturnType;
  readonly around: SessionSurroundings;
  readonly pooled: ReadonlyMap<string, ArrayBuffer>;
}): RunResult {
  const { outputs, fetches, results, around: { kept, pool }, pooled } = options;
  const delivered: Record<string, Tensor> = {};
  const keptShapes: Record<string, { type: ElementType; shape: readonly number[] }> = {};
  for (const { name, type, keepAs, appendTo } of outputs) {
    // What was allocated beforehand comes back in a wrapper of its own.
    const tensor = fetches[name] ?? (results[name] as OrtTensor);
    const buffer = pooled.get(name);
    if (keepAs !== undefined && appendTo !== undefined) {
      keptShapes[name] = { type, shape: kept.append(keepAs, appendTo, tensor).dims };
      if (buffer !== undefined) pool.giveBack(buffer);
    } else if (keepAs !== undefined) {
      kept.keep(keepAs, tensor, buffer);
      keptShapes[name] = { type, shape: tensor.dims };
    } else {
      const data = tensor.data as ElementArrays[ElementType];
      // What onnxruntime allocated itself may not be handed to another thread.
      delivered[name] = makeTensor(type, tensor.dims, fetches[name] === null ? data.slice() : data);
    }
  }
  return { delivered, kept: keptShapes };
}

function getFrom<Value>(table: ReadonlyMap<number, Value>, id: number): Value {
  const value = table.get(id);
  if (value === undefined) throw new Error(`it was released (number ${id})`);
  return value;
}
