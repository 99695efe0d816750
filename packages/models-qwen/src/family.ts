import type { VlmFamily, VlmModel } from '@mmhs/core';
import { composeModel, type Graph } from '@mmhs/graph';

import { parseQwenConfig, type QwenConfig } from './config.ts';
import { batchImages } from './image-grid.ts';
import { defineQwen } from './model.ts';
import { createQwenProcessor } from './processor/index.ts';
import { exportQwen } from './transformers-js.ts';

/** Qwen2-VL, all sizes. */
export const qwenFamily: VlmFamily = {
  name: 'qwen',
  modelTypes: ['qwen2_vl'],
  defaultModelId: 'Qwen/Qwen2-VL-2B-Instruct',
  defaultTargetModules: String.raw`.*language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)`,
  openModel: (files) => openQwenModel(parseQwenConfig(files.config, files.generationConfig)),
  openProcessor: ({ files, tokenizer, imageSize }) => createQwenProcessor({
    files,
    tokenizer,
    config: parseQwenConfig(files.config, files.generationConfig),
    ...(imageSize === undefined ? {} : { imageSize }),
  }),
};

/** The graphs and sizes of a configuration. */
export function openQwenModel(config: QwenConfig): VlmModel {
  const define = (graph: Graph) => defineQwen(graph, config);
  return composeModel({
    family: qwenFamily.name,
    define,
    config,
    parts: [['lm_head', 'head'], ['model.visual.merger.', 'connector'], ['model.visual.', 'vision']],
    canonicalName,
    batchImages: (images) => batchImages(images, config.vision.mergeSize),
    transformersJs: exportQwen(config, define),
  });
}

/** Checkpoints, and adapters older than transformers 4.52, say `visual.` and `model.` where the modules are one level deeper. */
function canonicalName(name: string): string {
  if (name.startsWith('visual.')) return `model.${name}`;
  return name.replace(/^model\.(?!language_model\.|visual\.)/, 'model.language_model.');
}
