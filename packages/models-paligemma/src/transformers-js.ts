import type { CheckpointFiles, TransformersJsExport } from '@mmhs/core';
import { composeExportGraphs, patchesPerSide, reshape, type Graph, type VlmDefinition } from '@mmhs/graph';

import type { PaligemmaConfig } from './config.ts';
import { readImageSettings } from './processor/image-settings.ts';

/** How PaliGemma is written for `@huggingface/transformers`. */
export function exportPaligemma(config: PaligemmaConfig, define: (graph: Graph) => VlmDefinition): TransformersJsExport {
  const { text, vision } = config;
  const cache = { layers: text.layers, keyValueHeads: text.keyValueHeads, headDimension: text.headDimension };
  return {
    graphs: (options) => composeExportGraphs(define, {
      ...options,
      cache,
      imageFeatures: (graph, model) => reshape(model.imageFeatures(graph), ['images', patchesPerSide(vision) ** 2, text.hiddenSize]),
    }),
    files: ({ files }) => exportFiles(config, files),
  };
}

/** Sizes that files may leave out because they are the class's defaults, and a tokenizer that leaves <bos> to the processor. */
function exportFiles(config: PaligemmaConfig, files: CheckpointFiles): Record<string, unknown> {
  const { text } = config;
  const settings = readImageSettings(files, config);
  const root = files.config as Record<string, unknown>;
  return {
    'config.json': {
      ...root,
      architectures: [config.architecture],
      image_token_index: config.imageTokenId,
      text_config: {
        ...(root['text_config'] as Record<string, unknown> | undefined),
        model_type: text.generation,
        hidden_size: text.hiddenSize,
        num_hidden_layers: text.layers,
        num_attention_heads: text.heads,
        num_key_value_heads: text.keyValueHeads,
        head_dim: text.headDimension,
        vocab_size: text.vocabularySize,
      },
    },
    'preprocessor_config.json': {
      ...(files.preprocessorConfig as Record<string, unknown> | undefined),
      do_convert_rgb: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: settings.mean,
      image_std: settings.std,
      image_processor_type: 'SiglipImageProcessor',
      image_seq_length: settings.imageTokens,
      processor_class: 'PaliGemmaProcessor',
      rescale_factor: settings.rescaleFactor,
      size: { height: settings.imageSize, width: settings.imageSize },
    },
    'tokenizer.json': { ...(files.tokenizer as Record<string, unknown>), post_processor: null },
    'tokenizer_config.json': { ...(files.tokenizerConfig as Record<string, unknown> | undefined), add_bos_token: false },
  };
}
