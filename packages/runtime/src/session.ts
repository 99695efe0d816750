import { MmhsError, type ElementType, type ModelGraph, type QuantizedWeight, type Tensor, type TensorSpec } from '@mmhs/core';
import { checkFeeds, describeTensor, type FedTensor } from './check-feeds.ts';
import { detachView, matchWeights, type CheckpointHandle } from './checkpoint-handle.ts';
import { evaluateShape, type AxisSizes } from './dimension-values.ts';
import { adaptModel } from './initializers.ts';
import type { CreateSessionCommand, Device, Feed, GraphOptimization, RunCommand, RunResult, WantedOutput } from './messages.ts';
import { checkParameters, type ParameterStore } from './parameter-store.ts';
import type { WorkerLink } from './worker-link.ts';

/** An output that stayed in the worker; it can be fed to any session of the same runtime. */
export interface ResidentTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Gives its memory back; it must not be fed afterwards. */
  release(): void;
  /** @internal */
  readonly kept: number;
}

/** What a run is fed, and what is wanted of it. */
export interface RunOptions {
  /** A tensor for each of the graph's inputs. */
  readonly feeds: Readonly<Record<string, Tensor | ResidentTensor>>;
  /** Outputs to deliver; all but gradients and those in `keep` when left out. */
  readonly outputs?: readonly string[];
  /** Outputs that stay in the worker, returned as {@link ResidentTensor}. */
  readonly keep?: readonly string[];
  /**
   * Tensors kept before, by the kept output that is written behind each along the first axis: the output's {@link ResidentTensor} is
   * the whole. The tensors themselves stay as they are; their memory is shared where it can be.
   */
  readonly appendTo?: Readonly<Record<string, ResidentTensor>>;
  /** What happens to the gradients in the parameter store: nothing (default), overwritten, or added to. */
  readonly gradients?: 'none' | 'write' | 'add';
  /** Drops a run that has not begun; one that has begun ends, but its results are dropped. */
  readonly signal?: AbortSignal;
}

/** A graph ready to run, with its weights and parameters bound. */
export interface Session {
  /**
   * Runs the graph. Runs of one runtime are carried out in the order of the calls. The arrays fed must not be changed
   * before the promise settles; the arrays returned are the caller's own.
   *
   * @throws MmhsError `MMHS_RUNTIME_FEEDS` naming the input, `MMHS_RUNTIME_OUTPUTS` naming the output,
   * `MMHS_RUNTIME_FAILED` with onnxruntime's message; or the signal's reason.
   */
  run(options: RunOptions & { readonly keep?: undefined }): Promise<Record<string, Tensor>>;
  run(options: RunOptions): Promise<Record<string, Tensor | ResidentTensor>>;
  readonly graph: ModelGraph;
  /** Frees the session; writes its profile if it has one. */
  release(): Promise<void>;
}

/** How a session is made. */
export interface CreateSessionOptions {
  readonly graph: ModelGraph;
  /** Where the graph's weights come from; of several, the first that has a name provides it. */
  readonly weights: CheckpointHandle | readonly CheckpointHandle[];
  /** Needed when the graph has parameters. */
  readonly parameters?: ParameterStore;
  /**
   * Whether weights are inputs of the graph (default on the CPU: all sessions then share one copy) or become initialisers
   * of this session (default on GPUs, where an input would cross the bus on each run). On the CPU initialisers are a copy of
   * the session's own, packed once for its matrix products: about a tenth faster. `packed-if-small` makes them so when all of the
   * graph's weights together take at most 1 GiB and none is in NF4, and is the default otherwise.
   */
  readonly weightBinding?: 'input' | 'initializer' | 'packed-if-small';
  /** How much onnxruntime rewrites the graph; all it can by default. */
  readonly optimization?: GraphOptimization;
  /** Writes onnxruntime's profile to `<prefix>_<time>.json` when the session is released. */
  readonly profilePrefix?: string;
  readonly signal?: AbortSignal;
}

/** Whether all sessions share one copy: on the CPU, unless a session would pack it for its products. */
function isShared({ precision }: QuantizedWeight, device: Device): boolean {
  return device === 'cpu' && precision === 'weights-nf4';
}

/** Finds the checkpoint tensor that each weight in fewer bits is made of. */
function matchQuantized(
  quantized: readonly QuantizedWeight[], handles: readonly CheckpointHandle[], device: Device,
): CreateSessionCommand['quantized'] {
  const specs = quantized.map(({ source, outFeatures, inFeatures }): TensorSpec =>
    ({ name: source, type: 'float32', shape: [outFeatures, inFeatures] }));
  const places = new Map(matchWeights({ specs, handles }).map(({ name, from }) => [name, from]));
  return quantized.map((weight) => ({ weight, from: places.get(weight.source) ?? 0, isShared: isShared(weight, device) }));
}

/** Larger weights would cost too much memory: a training graph keeps them twice, for its products forwards and backwards. */
const packedBytesLimit = 2 ** 30;

function becomeInitializers({ weights, quantizedWeights = [] }: ModelGraph, binding: CreateSessionOptions['weightBinding'], device: Device): boolean {
  if (binding === 'input' || binding === 'initializer') return binding === 'initializer';
  // Who shares weights of 4 bits wants little memory.
  if (quantizedWeights.some((weight) => isShared(weight, device))) return false;
  const bytes = weights.reduce((sum, { shape }) => sum + 4 * shape.reduce<number>((size, side) => size * Number(side), 1), 0);
  return device !== 'cpu' || (binding === 'packed-if-small' && bytes <= packedBytesLimit);
}

/** Makes a session in the worker. */
export async function createSession(
  options: CreateSessionOptions & { readonly link: WorkerLink; readonly nextId: () => number; readonly device: Device },
): Promise<Session> {
  const { graph, parameters, link, nextId, device, signal } = options;
  const handles = [options.weights].flat() as readonly CheckpointHandle[];
  checkParameters(graph.parameters, parameters);
  const weightsAreInitializers = becomeInitializers(graph, options.weightBinding, device);
  const { quantizedWeights: quantized = [] } = graph;
  const session = nextId();
  const release = async (): Promise<void> => {
    await link.send({ kind: 'release-session', session });
  };
  await link.send(
    {
      kind: 'create-session',
      session,
      weights: matchWeights({ specs: graph.weights, handles }),
      model: adaptModel({
        graph,
        device,
        initializers: new Set([
          ...(weightsAreInitializers ? graph.weights.map(({ name }) => name) : []),
          ...quantized.filter((weight) => !isShared(weight, device)).flatMap(({ values, scales }) => [values.name, scales.name]),
        ]),
      }),
      weightsAreInitializers,
      quantized: matchQuantized(quantized, handles, device),
      parameters:
        parameters === undefined
          ? undefined
          : { from: parameters.id, names: graph.parameters.map(({ name }) => name) },
      optimization: options.optimization ?? 'all',
      profilePrefix: options.profilePrefix,
    },
    { signal, afterAbort: () => void release().catch(() => undefined) },
  );

  const run = async (runOptions: RunOptions): Promise<Record<string, Tensor | ResidentTensor>> => {
    const command = planRun({ graph, session, parameters, nextId, runOptions });
    const keptIds = command.outputs.flatMap(({ keepAs }) => (keepAs === undefined ? [] : [keepAs]));
    const afterAbort = (): void => link.releaseKept(keptIds);
    const result = (await link.send(command, { signal: runOptions.signal, afterAbort })) as RunResult;
    const outputs: Record<string, Tensor | ResidentTensor> = { ...result.delivered };
    for (const { name, keepAs } of command.outputs) {
      const described = result.kept[name];
      if (keepAs !== undefined && described !== undefined) outputs[name] = residentTensor(link, keepAs, described);
    }
    return outputs;
  };
  return { run: run as Session['run'], graph, release };
}

function residentTensor(
  link: WorkerLink,
  kept: number,
  described: { readonly type: ElementType; readonly shape: readonly number[] },
): ResidentTensor {
  return { ...described, kept, release: () => link.releaseKept([kept]) };
}

function planRun(options: {
  readonly graph: ModelGraph;
  readonly session: number;
  readonly parameters: ParameterStore | undefined;
  readonly nextId: () => number;
  readonly runOptions: RunOptions;
}): RunCommand {
  const { graph, session, parameters, nextId, runOptions } = options;
  const described = new Map<string, FedTensor>();
  const feeds: Record<string, Feed> = {};
  for (const [name, feed] of Object.entries(runOptions.feeds)) {
    described.set(name, 'kept' in feed ? feed : describeTensor(feed));
    feeds[name] = 'kept' in feed ? { kept: feed.kept } : detachView(feed);
  }
  const sizes = checkFeeds({ inputs: graph.inputs, feeds: described });
  return {
    kind: 'run',
    session,
    feeds,
    outputs: wantedOutputs({ graph, runOptions, sizes, nextId }),
    gradients: wantedGradients(graph, runOptions.gradients ?? 'none'),
    parametersVersion: parameters?.version() ?? 0,
  };
}

function wantedOutputs(options: {
  readonly graph: ModelGraph;
  readonly runOptions: RunOptions;
  readonly sizes: AxisSizes;
  readonly nextId: () => number;
}): WantedOutput[] {
  const { graph, runOptions, sizes, nextId } = options;
  const { keep = [], appendTo = {} } = runOptions;
  const specs = new Map(graph.outputs.map((spec) => [spec.name, spec]));
  const delivered =
    runOptions.outputs ?? [...specs.keys()].filter((name) => !name.startsWith('grad.') && !keep.includes(name));
  for (const [name, before] of Object.entries(appendTo)) checkAppend({ name, before, keep, spec: specs.get(name) });
  const want = (name: string): TensorSpec => {
    const spec = specs.get(name);
    if (spec !== undefined) return spec;
    throw new MmhsError('MMHS_RUNTIME_OUTPUTS', 'The graph has no such output', {
      got: name,
      expected: [...specs.keys()].filter((known) => !known.startsWith('grad.')).join(', '),
    });
  };
  return [
    ...delivered.map(want).map((spec) => ({ name: spec.name, type: spec.type, shape: evaluateShape(spec, sizes) })),
    ...keep.map(want).map((spec) => ({
      name: spec.name,
      type: spec.type,
      shape: evaluateShape(spec, sizes),
      keepAs: nextId(),
      ...(appendTo[spec.name] === undefined ? {} : { appendTo: (appendTo[spec.name] as ResidentTensor).kept }),
    })),
  ];
}

/** Rows of another width behind a tensor would shift all that follow. */
function checkAppend({ name, before, keep, spec }: {
  readonly name: string;
  readonly before: ResidentTensor;
  readonly keep: readonly string[];
  readonly spec: TensorSpec | undefined;
}): void {
  const fits = spec !== undefined && keep.includes(name) && spec.type === before.type && spec.shape.length === before.shape.length
    && spec.shape.slice(1).every((size, index) => typeof size === 'string' || size === before.shape[index + 1]);
  if (fits) return;
  throw new MmhsError('MMHS_RUNTIME_OUTPUTS', 'An output cannot be written behind a tensor', {
    where: `appendTo.${name}`,
    got: `${before.type} [${before.shape.join(', ')}]`,
    expected: spec === undefined || !keep.includes(name) ? `a name in keep: ${keep.join(', ')}` : `${spec.type} [${spec.shape.join(', ')}]`,
  });
}

function wantedGradients(graph: ModelGraph, mode: 'none' | 'write' | 'add'): RunCommand['gradients'] {
  if (mode === 'none') return undefined;
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const names = graph.parameters.map(({ name }) => name);
  const lacking = names.find((name) => !outputs.has(`grad.${name}`));
  if (lacking === undefined && names.length > 0) return { mode, names };
  throw new MmhsError('MMHS_RUNTIME_OUTPUTS', 'The graph gives no gradients', {
    where: lacking ?? 'gradients',
    got: 'no such output',
    expected: `grad.${lacking ?? '<parameter>'}`,
    fix: 'build the graph with gradients',
  });
}
