import { MmhsError, type Tensor, type TensorSpec } from '@mmhs/core';
import { openCheckpointTensors } from './checkpoint-tensors.ts';
import type { WorkerLink } from './worker-link.ts';

/**
 * Weights in the worker, one copy for all sessions. A checkpoint's tensors are widened to float32 and read when a session
 * first needs them.
 */
export interface CheckpointHandle {
  /** What it holds, by name. Tensors whose file type cannot become float32 are left out. */
  readonly specs: ReadonlyMap<string, TensorSpec>;
  /** @internal */
  readonly id: number;
  /** Forgets the weights; sessions that have bound them keep working. */
  release(): void;
}

/** Opens a checkpoint folder in the worker. */
export async function loadCheckpoint(options: {
  readonly link: WorkerLink;
  readonly id: number;
  readonly folder: string;
  readonly canonicalName: ((name: string) => string) | undefined;
  readonly signal: AbortSignal | undefined;
}): Promise<CheckpointHandle> {
  const { link, id, folder, canonicalName, signal } = options;
  const { tensors } = await openCheckpointTensors({ folder });
  // A function cannot be sent to the worker; a table can.
  const renamed = new Map([...tensors.keys()].map((name) => [name, canonicalName?.(name) ?? name]));
  await link.send({ kind: 'open-checkpoint', weights: id, folder, renamed }, { signal });
  const specs = new Map<string, TensorSpec>();
  for (const [nameInFile, { dtype, shape }] of tensors) {
    const name = renamed.get(nameInFile) ?? nameInFile;
    if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') specs.set(name, { name, type: 'float32', shape });
  }
  return handleOf(link, id, specs);
}

/** Copies tensors into the worker. */
export async function loadTensors(options: {
  readonly link: WorkerLink;
  readonly id: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}): Promise<CheckpointHandle> {
  const { link, id, tensors } = options;
  const entries = Object.entries(tensors);
  await link.send({
    kind: 'load-tensors',
    weights: id,
    tensors: Object.fromEntries(entries.map(([name, tensor]) => [name, detachView(tensor)])),
  });
  return handleOf(link, id, new Map(entries.map(([name, { type, shape }]) => [name, { name, type, shape }])));
}

function handleOf(link: WorkerLink, id: number, specs: ReadonlyMap<string, TensorSpec>): CheckpointHandle {
  return { specs, id, release: () => link.post({ kind: 'release-weights', weights: id }) };
}

/** A message copies the whole buffer under a view, so a view of a larger buffer is copied out first. */
export function detachView(tensor: Tensor): Tensor {
  const { data } = tensor;
  const isPart = data.buffer instanceof ArrayBuffer && data.byteLength !== data.buffer.byteLength;
  return isPart ? ({ ...tensor, data: data.slice() } as Tensor) : tensor;
}

/**
 * Finds each weight of a graph in the first handle that has it.
 *
 * @throws MmhsError `MMHS_RUNTIME_WEIGHTS` naming the first that is missing or of another type or shape.
 */
export function matchWeights(options: {
  readonly specs: readonly TensorSpec[];
  readonly handles: readonly CheckpointHandle[];
}): { readonly name: string; readonly from: number }[] {
  const { specs, handles } = options;
  const lacking = specs.filter(({ name }) => !handles.some((handle) => handle.specs.has(name)));
  if (lacking.length > 0) {
    throw new MmhsError('MMHS_RUNTIME_WEIGHTS', 'The checkpoint lacks weights that the graph needs', {
      where: lacking[0]?.name ?? '',
      got: `${lacking.length} missing: ${lacking.slice(0, 5).map(({ name }) => name).join(', ')}`,
      expected: `${specs.length} weights`,
      fix: 'check that configuration and weights belong to the same model',
    });
  }
  return specs.map((spec) => {
    const handle = handles.find(({ specs: held }) => held.has(spec.name)) as CheckpointHandle;
    const held = handle.specs.get(spec.name) as TensorSpec;
    const got = `${held.type} [${held.shape.join(', ')}]`;
    const expected = `${spec.type} [${spec.shape.join(', ')}]`;
    if (got !== expected) {
      throw new MmhsError('MMHS_RUNTIME_WEIGHTS', 'A weight does not fit the graph', { where: spec.name, got, expected });
    }
    return { name: spec.name, from: handle.id };
  });
}
