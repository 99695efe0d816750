import { elementCount, type FloatTensor, type TensorSpec } from '@mmhs/core';
import { createRandom, type Random } from '@mmhs/data';

/** Standard deviation of matrices, as GPT-2's and Llama's initialisation. */
const deviation = 0.02;

/**
 * Random weights for a model: matrices normal, those that write to the residual stream smaller by 1 / sqrt(2 layers)
 * (Radford et al. 2019), norms one, biases zero.
 */
export function initialWeights(options: {
  readonly tensors: readonly TensorSpec[];
  readonly layers: number;
  readonly seed: number;
}): Map<string, FloatTensor> {
  const random = createRandom(options.seed);
  return new Map(options.tensors.map(({ name, shape }) => {
    const sizes = shape as readonly number[];
    const data = new Float32Array(elementCount(sizes));
    if (name.includes('norm') && name.endsWith('weight')) data.fill(1);
    else if (!name.endsWith('bias')) {
      const residual = /(o_proj|down_proj|out_proj|fc2)\.weight$/.test(name);
      const scale = residual ? deviation / Math.sqrt(2 * options.layers) : name.includes('patch_embedding') ? 0.05 : deviation * 2;
      for (let index = 0; index < data.length; index++) data[index] = normal(random) * scale;
    }
    return [name, { type: 'float32', shape: sizes, data }];
  }));
}

/** Box and Muller's transform. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
