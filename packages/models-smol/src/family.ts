import type { VlmFamily, VlmModel } from '@mmhs/core';
import { batchPixels } from '@mmhs/core/family-tools';
import { composeModel, type Graph } from '@mmhs/graph';

import { parseSmolConfig, type SmolConfig } from './config.ts';
import { defineSmol } from './model.ts';
import { createSmolProcessor } from './processor/index.ts';
import { exportSmol } from './transformers-js.ts';

/** SmolVLM (Idefics3) and SmolVLM2, all sizes. */
export const smolFamily: VlmFamily = {
  name: 'smol',
  modelTypes: ['idefics3', 'smolvlm'],
  defaultModelId: 'HuggingFaceTB/SmolVLM2-2.2B-Instruct',
  // The language model only: plain suffixes would also hit q, k and v of the vision tower.
  defaultTargetModules: String.raw`.*text_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)`,
  openModel: (files) => openSmolModel(parseSmolConfig(files.config, files.generationConfig)),
  openProcessor: ({ files, tokenizer, imageSize }) => createSmolProcessor({
    files,
    tokenizer,
    config: parseSmolConfig(files.config, files.generationConfig),
    ...(imageSize === undefined ? {} : { imageSize }),
  }),
};

/** The graphs and sizes of a configuration. */
export function openSmolModel(config: SmolConfig): VlmModel {
  const define = (graph: Graph) => defineSmol(graph, config);
  return composeModel({
    family: smolFamily.name,
    define,
    config,
    parts: [['lm_head', 'head'], ['model.vision_model.', 'vision'], ['model.connector.', 'connector']],
    batchImages: (images) => ({ pixel_values: batchPixels(images) }),
    transformersJs: exportSmol(config, define),
  });
}
