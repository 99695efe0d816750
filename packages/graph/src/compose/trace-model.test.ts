import { expect, it } from 'vitest';

import { defineTiny } from '../../test/tiny-model.ts';
import { traceModel } from './trace-model.ts';

it('traceModel lists every tensor of tower, decoder and head once, and every linear with its sizes', () => {
  const { tensors, linears } = traceModel((graph) => defineTiny(graph, { layers: 1 }));
  const names = tensors.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(tensors).toContainEqual({ name: 'tower.patches.weight', type: 'float32', shape: [6, 3, 2, 2] });
  expect(names.filter((name) => !name.startsWith('tower.'))).toEqual([
    'embed.weight', 'layers.0.norm1.weight',
    ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `layers.0.attention.${name}.weight`),
    'layers.0.norm2.weight',
    ...['gate_proj', 'up_proj', 'down_proj'].map((name) => `layers.0.mlp.${name}.weight`),
    'norm.weight', 'head.weight',
  ]);
  expect(linears).toContainEqual({ path: 'layers.0.mlp.down_proj', inFeatures: 10, outFeatures: 8 });
  expect(linears).toContainEqual({ path: 'tower.projection', inFeatures: 24, outFeatures: 8 });
  expect(linears).toHaveLength(1 + 7 + 7);
});
