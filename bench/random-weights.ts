import { createRandom, elementCount, type FloatTensor, type TensorSpec } from '@mmhs/core';

/** Numbers that all weights are cut from. Odd, so that rows of even length do not repeat before as many of them as this. */
const poolSize = 2 ** 20 + 7;

/** Small random weights, norms one, biases zero, each tensor from another place of the pool; quick to make at any size. */
export function randomWeights(tensors: readonly TensorSpec[], seed = 0): Map<string, FloatTensor> {
  const random = createRandom(seed);
  const pool = Float32Array.from({ length: poolSize }, () => (random.next() - 0.5) * 0.07);
  return new Map(tensors.map(({ name, shape }) => {
    const sizes = shape as readonly number[];
    const data = new Float32Array(elementCount(sizes));
    if (name.includes('norm') && name.endsWith('weight')) data.fill(1);
    else if (!name.endsWith('bias')) fillFrom(data, pool, createRandom([seed, name]).integer(poolSize));
    return [name, { type: 'float32', shape: sizes, data }];
  }));
}

/** Copies the pool again and again, the first time from `start`. */
function fillFrom(data: Float32Array, pool: Float32Array, start: number): void {
  let from = start;
  for (let done = 0; done < data.length;) {
    const piece = pool.subarray(from, from + data.length - done);
    data.set(piece, done);
    done += piece.length;
    from = 0;
  }
}
