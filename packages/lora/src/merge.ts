import { MmhsError, type FloatTensor, type TrainableTensors } from '@mmhs/core';

/**
 * Adds one adapter to the weight of its linear: `W + scaling * B A`, float32 `[out, in]`, in a new array.
 *
 * Products are summed in double precision and rounded once, so the result is at most half a unit in the last place off.
 *
 * @throws MmhsError `MMHS_LORA_SHAPE` when the three shapes do not belong together.
 */
export function mergeLinear(options: {
  readonly weight: FloatTensor;
  readonly loraA: FloatTensor;
  readonly loraB: FloatTensor;
  readonly scaling: number;
}): FloatTensor {
  const { weight, loraA, loraB, scaling } = options;
  const [rows, columns] = checkShapes(options);
  const rank = loraA.shape[0] ?? 0;
  const data = new Float32Array(weight.data.length);
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1) {
    sums.fill(0);
    for (let inner = 0; inner < rank; inner += 1) {
      addScaledRow(sums, loraA.data.subarray(inner * columns, (inner + 1) * columns), loraB.data[row * rank + inner] ?? 0);
    }
    const start = row * columns;
    for (let column = 0; column < columns; column += 1) {
      data[start + column] = (weight.data[start + column] as number) + scaling * (sums[column] as number);
    }
  }
  return { type: 'float32', shape: weight.shape, data };
}

/**
 * Says what a base tensor becomes when an adapter is merged into the model.
 *
 * The returned function maps a checkpoint tensor to its merged value: a trained base tensor is replaced, a linear's weight
 * gets its adapter added, anything else is returned as it is. Use it on one tensor at a time to merge models larger than memory.
 *
 * @param options.parameters the adapter's tensors by parameter name, as `loadAdapter` returns them
 */
export function mergeAdapter(options: {
  readonly trainable: TrainableTensors;
  readonly parameters: ReadonlyMap<string, FloatTensor>;
}): MergedTensors {
  const { trainable, parameters } = options;
  const pathOf = (name: string): string | undefined => {
    const path = name.replace(/\.weight$/, '');
    return trainable.adapters.has(path) ? path : undefined;
  };
  return {
    isChanged: (name) => trainable.full.has(name) || pathOf(name) !== undefined,
    merge(name, weight) {
      if (trainable.full.has(name)) return parameter(parameters, name);
      const path = pathOf(name);
      const adapter = path === undefined ? undefined : trainable.adapters.get(path);
      if (adapter === undefined) return weight;
      return mergeLinear({
        weight,
        loraA: parameter(parameters, `${path}.lora_A.weight`),
        loraB: parameter(parameters, `${path}.lora_B.weight`),
        scaling: adapter.scaling,
      });
    },
  };
}

/** Merged values of checkpoint tensors, computed when asked for. */
export interface MergedTensors {
  /** Whether the tensor of this checkpoint name differs from the base. */
  isChanged(name: string): boolean;
  /** The merged value of one checkpoint tensor. */
  merge(name: string, weight: FloatTensor): FloatTensor;
}

function addScaledRow(sums: Float64Array, row: Float32Array, factor: number): void {
  for (let column = 0; column < row.length; column += 1) sums[column] = (sums[column] as number) + factor * (row[column] as number);
}

function checkShapes(options: { weight: FloatTensor; loraA: FloatTensor; loraB: FloatTensor }): [number, number] {
  const { weight, loraA, loraB } = options;
  const [rows = -1, columns = -1] = weight.shape;
  const [rank = -1, inFeatures] = loraA.shape;
  const fits = weight.shape.length === 2 && inFeatures === columns && loraB.shape[0] === rows && loraB.shape[1] === rank;
  if (fits) return [rows, columns];
  throw new MmhsError('MMHS_LORA_SHAPE', 'An adapter does not fit its weight', {
    got: `weight [${weight.shape}], A [${loraA.shape}], B [${loraB.shape}]`,
    expected: 'weight [out, in], A [rank, in], B [out, rank]',
  });
}

function parameter(parameters: ReadonlyMap<string, FloatTensor>, name: string): FloatTensor {
  const found = parameters.get(name);
  if (found !== undefined) return found;
  throw new MmhsError('MMHS_LORA_MISSING_TENSOR', 'The adapter lacks a tensor', { where: name });
}
