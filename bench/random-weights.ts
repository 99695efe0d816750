import { elementCount, type FloatTensor, type TensorSpec } from '@mmhs/core';
import { createRandom } from '@mmhs/data';

/** Numbers that all weights are cut from: dense kernels do not look at the values. */
const poolSize = 1 << 20;

/** Small random weights, norms one, biases zero; quick to make at any size. */
export function randomWeights(tensors: readonly TensorSpec[], seed = 0): Map<string, FloatTensor> {
  const random = createRandom(seed);
  const pool = Float32Array.from({ length: poolSize }, () => (random.next() - 0.5) * 0.07);
  return new Map(tensors.map(({ name, shape }) => {
    const sizes = shape as readonly number[];
    const data = new Float32Array(elementCount(sizes));
    if (name.includes('norm') && name.endsWith('weight')) data.fill(1);
    else if (!name.endsWith('bias')) {
      for (let start = 0; start < data.length; start += poolSize) {
        data.set(pool.subarray(0, Math.min(poolSize, data.length - start)), start);
      }
    }
    return [name, { type: 'float32', shape: sizes, data }];
  }));
}
