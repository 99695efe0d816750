import { createRandom, MmhsError, elementCount, type FloatTensor, type LinearModule, type Random, type TrainableTensors } from '@mmhs/core';
import type { LoraConfig } from './config.ts';
import { parameterShapes } from './resolve-adapters.ts';

/**
 * Makes the starting values of all adapters, as PEFT distributes them.
 *
 * - `true` (default): A uniform in +-1/sqrt(in), which is Kaiming's with a = sqrt 5; B zero.
 * - `'gaussian'`: A normal with standard deviation 1/r; B zero.
 * - `false`: both uniform, A in +-1/sqrt(in), B in +-1/sqrt(r): the adapter is not neutral at the start.
 *
 * Each tensor has its own random stream, named by the tensor, so it does not depend on which others are trained.
 *
 * @throws MmhsError `MMHS_LORA_CONFIG` for an initialisation that needs data or decompositions (`eva`, `orthogonal`).
 */
export function initialiseAdapters(options: {
  readonly trainable: Pick<TrainableTensors, 'adapters'>;
  readonly linears: readonly LinearModule[];
  readonly seed: number;
  readonly method?: LoraConfig['init_lora_weights'];
}): Map<string, FloatTensor> {
  const { trainable, linears, seed, method = true } = options;
  const shapes = parameterShapes({ trainable: { adapters: trainable.adapters, full: new Set() }, linears });
  return new Map(
    shapes.map(({ name, shape }) => {
      const data = new Float32Array(elementCount(shape));
      const random = createRandom([seed, name]);
      if (name.endsWith('.lora_A.weight') || method === false) fill(data, shape, method, random);
      return [name, { type: 'float32', shape, data }];
    }),
  );
}

function fill(data: Float32Array, shape: readonly number[], method: LoraConfig['init_lora_weights'], random: Random): void {
  const [rows = 1, columns = 1] = shape;
  if (method === 'gaussian') {
    for (let index = 0; index < data.length; index += 1) data[index] = random.normal() / rows;
  } else if (typeof method === 'boolean') {
    const bound = 1 / Math.sqrt(columns);
    for (let index = 0; index < data.length; index += 1) data[index] = (2 * random.next() - 1) * bound;
  } else {
    throw new MmhsError('MMHS_LORA_CONFIG', 'This initialisation can be read but not made', {
      where: 'init_lora_weights',
      got: JSON.stringify(method),
      expected: 'true, false or "gaussian"',
    });
  }
}
