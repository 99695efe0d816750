import type { VlmFamily, VlmModel } from '@mmhs/core';
import { batchPixels } from '@mmhs/core/family-tools';
import { composeModel, type Graph } from '@mmhs/graph';

import { canonicalName } from './canonical-name.ts';
import { parsePaligemmaConfig, type PaligemmaConfig, type SoftCapOptions } from './config.ts';
import { definePaligemma } from './model.ts';
import { createPaligemmaProcessor } from './processor/index.ts';
import { exportPaligemma } from './transformers-js.ts';

const familyName = 'paligemma';

/** PaliGemma and PaliGemma 2, all sizes, with attention scores capped and final logits not. */
export const paligemmaFamily: VlmFamily = createPaligemmaFamily();

/**
 * The family with a choice of soft-caps.
 *
 * @param options.softCaps which of the caps in config.json are applied; by default that of attention scores alone.
 */
export function createPaligemmaFamily(options: { readonly softCaps?: SoftCapOptions } = {}): VlmFamily {
  return {
    name: familyName,
    modelTypes: ['paligemma'],
    defaultModelId: 'google/paligemma2-3b-pt-224',
    // The language model only: plain suffixes would also hit q, k and v of the vision tower.
    defaultTargetModules: String.raw`.*language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)`,
    openModel: (files) => openPaligemmaModel(parsePaligemmaConfig({ ...files, ...options })),
    openProcessor: ({ files, tokenizer }) =>
      createPaligemmaProcessor({ files, tokenizer, config: parsePaligemmaConfig({ ...files, ...options }) }),
  };
}

/** The graphs and sizes of a configuration. */
export function openPaligemmaModel(config: PaligemmaConfig): VlmModel {
  const define = (graph: Graph) => definePaligemma(graph, config);
  return composeModel({
    family: familyName,
    define,
    config,
    parts: [['lm_head', 'head'], ['model.vision_tower.', 'vision'], ['model.multi_modal_projector.', 'connector']],
    canonicalName,
    batchImages: (images) => ({ pixel_values: batchPixels(images) }),
    transformersJs: exportPaligemma(config, define),
  });
}
