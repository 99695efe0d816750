import { elementCount, MmhsError, type TensorSpec } from '@mmhs/core';
import type { ParameterPlace } from './messages.ts';
import type { WorkerLink } from './worker-link.ts';

/**
 * Trained tensors in memory that this thread and the worker share: write values here, call `markChanged`, and the next
 * run sees them; gradients of a run appear here.
 */
export interface ParameterStore {
  readonly specs: readonly TensorSpec[];
  /** Values by name, zero at first. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Gradients by name, of the same sizes, zero at first. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Says that values were written since the last run. */
  markChanged(): void;
  /** Forgets the worker's copy; sessions that use it must be released first. */
  release(): void;
  /** @internal */
  readonly id: number;
  /** @internal Counts the calls of `markChanged`. */
  readonly version: () => number;
}

/** Each tensor starts on a cache line of its own. */
const alignment = 16;

/**
 * Allocates a parameter store.
 *
 * @throws MmhsError `MMHS_RUNTIME_PARAMETERS` when a spec is not float32 with a fixed shape, or a name comes twice.
 */
export async function createParameterStore(options: {
  readonly link: WorkerLink;
  readonly id: number;
  readonly specs: readonly TensorSpec[];
}): Promise<ParameterStore> {
  const { link, id, specs } = options;
  const places = placeParameters(specs);
  const last = places.at(-1);
  const length = last === undefined ? 0 : last.offset + elementCount(last.shape);
  const values = new SharedArrayBuffer(length * 4);
  const gradients = new SharedArrayBuffer(length * 4);
  await link.send({ kind: 'create-parameters', parameters: id, places, values, gradients });
  let version = 0;
  return {
    id,
    specs,
    values: viewsOf(places, values),
    gradients: viewsOf(places, gradients),
    version: () => version,
    markChanged() {
      version += 1;
    },
    release: () => link.post({ kind: 'release-parameters', parameters: id }),
  };
}

function placeParameters(specs: readonly TensorSpec[]): ParameterPlace[] {
  const names = new Set<string>();
  let offset = 0;
  return specs.map(({ name, type, shape }) => {
    const sizes = shape.filter((size) => typeof size === 'number');
    if (type !== 'float32' || sizes.length !== shape.length || names.has(name)) {
      throw new MmhsError('MMHS_RUNTIME_PARAMETERS', 'A parameter cannot be stored', {
        where: name,
        got: names.has(name) ? 'the name twice' : `${type} [${shape.join(', ')}]`,
        expected: 'distinct float32 tensors of fixed shapes',
      });
    }
    names.add(name);
    const place = { name, shape: sizes, offset };
    offset += Math.ceil(elementCount(sizes) / alignment) * alignment;
    return place;
  });
}

function viewsOf(places: readonly ParameterPlace[], buffer: SharedArrayBuffer): Map<string, Float32Array> {
  return new Map(
    places.map(({ name, shape, offset }) => [name, new Float32Array(buffer, offset * 4, elementCount(shape))]),
  );
}

/**
 * Checks that a store holds a graph's parameters in their shapes.
 *
 * @throws MmhsError `MMHS_RUNTIME_PARAMETERS` naming the parameter.
 */
export function checkParameters(specs: readonly TensorSpec[], store: ParameterStore | undefined): void {
  const held = new Map(store?.specs.map((spec) => [spec.name, spec.shape.join(', ')]));
  for (const { name, shape } of specs) {
    const got = held.get(name);
    if (got === shape.join(', ')) continue;
    throw new MmhsError('MMHS_RUNTIME_PARAMETERS', 'The parameter store does not fit the graph', {
      where: name,
      got: got === undefined ? 'nothing' : `[${got}]`,
      expected: `[${shape.join(', ')}]`,
      ...(store === undefined ? { fix: 'pass `parameters` to createSession' } : {}),
    });
  }
}
