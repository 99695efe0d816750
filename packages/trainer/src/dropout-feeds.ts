import { createRandom, type Tensor, type TensorSpec } from '@mmhs/core';
import { dropoutInputs } from '@mmhs/graph';

/** Random numbers lie in [0, 64): their products keep at least 12 bits after the point. */
const range = 64;

/**
 * The random numbers of one micro-batch for the graph's dropout sites; nothing when the graph has none.
 *
 * The seed is the list (run seed, step, micro-batch), so that a resumed run draws the same masks.
 */
export function dropoutFeeds(options: {
  readonly inputs: readonly TensorSpec[];
  /** At least the rows of the longest site. */
  readonly rows: number;
  readonly seed: readonly number[];
}): Record<string, Tensor> {
  const random = createRandom(options.seed);
  const feeds: Record<string, Tensor> = {};
  for (const { name, shape } of options.inputs) {
    if (name !== dropoutInputs.rows && name !== dropoutInputs.columns) continue;
    const sizes = shape.map((size) => (typeof size === 'number' ? size : options.rows));
    const data = new Float32Array(sizes.reduce((product, size) => product * size, 1));
    for (let index = 0; index < data.length; index++) data[index] = random.next() * range;
    feeds[name] = { type: 'float32', shape: sizes, data };
  }
  return feeds;
}
