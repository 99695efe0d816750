import { expect, it } from 'vitest';

import { defineTiny } from '../../test/tiny-model.ts';
import { composeModel } from './compose-model.ts';

const model = composeModel({
  family: 'tiny',
  define: defineTiny,
  config: {
    architecture: 'TinyForConditionalGeneration', imageTokenId: 3, endTokenIds: [1], padTokenId: 0,
    text: { layers: 2, keyValueHeads: 2, headDimension: 2 },
  },
  parts: [['head', 'head'], ['tower.projection', 'connector'], ['tower.', 'vision']],
  batchImages: () => ({}),
});

it('composeModel takes sizes from the definition and sorts linears into parts by the first prefix that fits', () => {
  expect(model).toMatchObject({ family: 'tiny', hiddenSize: 8, vocabularySize: 11, positionRows: 1, decoderLayers: 2, imageTokenId: 3 });
  const parts = Object.fromEntries(model.linears.map(({ path, part }) => [path, part]));
  expect(parts).toMatchObject({
    head: 'head', 'tower.projection': 'connector', 'tower.mlp.fc1': 'vision', 'layers.1.mlp.up_proj': 'language',
  });
});

it('composeModel builds the three graphs of the contract', () => {
  const trainable = { adapters: new Map(), full: new Set<string>() };
  const names = ({ outputs }: { readonly outputs: readonly { readonly name: string }[] }): string[] => outputs.map(({ name }) => name);
  expect(names(model.visionGraph({ trainable }))).toEqual(['image_features']);
  expect(names(model.trainingGraph({ trainable, sharedPrefix: false, imageFeatures: 'fed', gradients: false }))).toContain('loss');
  expect(names(model.decodingGraph({ trainable }))).toContain('choice_scores');
});
