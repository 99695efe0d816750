import { elementCount, type FloatTensor, type TensorSpec } from '@mmhs/core';
import { createRandom, type Random } from '@mmhs/data';

/** Standard deviation of matrices, as GPT-2's and Llama's initialisation. */
const deviation = 0.02;

/**
 * Random weights for a model: matrices normal, those that write to the residual stream smaller by 1 / sqrt(2 layers)
 * (Radford et al. 2019), norms one, biases zero.
 *
 * @param options.normWeight - What weights of norms without a bias start from. Default 1.
 */
export function initialWeights(options: {
  readonly tensors: readonly TensorSpec[];
  readonly layers: number;
  readonly seed: number;
  readonly normWeight?: number;
}): Map<string, FloatTensor> {
  const { normWeight = 1 } = options;
  const random = createRandom(options.seed);
  const names = new Set(options.tensors.map(({ name }) => name));
  const hasBias = (name: string): boolean => names.has(name.replace(/weight$/, 'bias'));
  return new Map(options.tensors.map(({ name, shape }) => {
    const sizes = shape as readonly number[];
    const data = new Float32Array(elementCount(sizes));
    // Every weight with one axis is a norm's.
    if (sizes.length === 1) data.fill(name.endsWith('bias') ? 0 : hasBias(name) ? 1 : normWeight);
    else {
      const residual = /(o_proj|down_proj|out_proj|attn\.proj|fc2)\.weight$/.test(name);
      const scale = residual ? deviation / Math.sqrt(2 * options.layers) : name.includes('patch_embed') ? 0.05 : deviation * 2;
      for (let index = 0; index < data.length; index++) data[index] = normal(random) * scale;
    }
    return [name, { type: 'float32', shape: sizes, data }];
  }));
}

/** Box and Muller's transform. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
