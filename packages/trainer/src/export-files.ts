import type { CheckpointFiles, ImageSizeOptions, TransformersJsExport } from '@mmhs/core';

type Json = Readonly<Record<string, unknown>>;

/**
 * The small files of an exported folder by name, in the forms that `@huggingface/transformers` reads: image settings flat in
 * preprocessor_config.json, the chat template in tokenizer_config.json, and how many files of weights each graph has in config.json.
 */
export function exportFiles(options: {
  readonly files: CheckpointFiles;
  readonly transformersJs: TransformersJsExport;
  readonly imageSize: ImageSizeOptions;
  /** Files of weights by the name of the graph's file. */
  readonly chunks: Readonly<Record<string, number>>;
}): Record<string, unknown> {
  const { transformersJs, imageSize, chunks } = options;
  const files = flatten(options.files);
  const usual: Record<string, unknown> = {
    'config.json': files.config,
    'generation_config.json': files.generationConfig,
    'preprocessor_config.json': files.preprocessorConfig,
    'processor_config.json': files.processorConfig,
    'tokenizer.json': files.tokenizer,
    'tokenizer_config.json': files.tokenizerConfig,
  };
  const all: Record<string, unknown> = { ...usual, ...transformersJs.files({ files, imageSize }) };
  const config = all['config.json'] as Json;
  const external = { ...(config['transformers.js_config'] as Json | undefined), use_external_data_format: chunks };
  const written: Record<string, unknown> = { ...all, 'config.json': { ...config, 'transformers.js_config': external } };
  return Object.fromEntries(Object.entries(written).filter(([, content]) => content !== undefined));
}

/** Newer versions of the reference nest the image settings in processor_config.json and keep the chat template in a file of its own. */
function flatten(files: CheckpointFiles): CheckpointFiles {
  const { image_processor: nested, ...processorConfig } = (files.processorConfig ?? {}) as Json;
  const preprocessorConfig = files.preprocessorConfig ?? nested;
  const template = files.chatTemplate === undefined ? {} : { chat_template: files.chatTemplate };
  return {
    ...files,
    preprocessorConfig: preprocessorConfig === undefined ? undefined : withoutFast(preprocessorConfig as Json),
    processorConfig: files.processorConfig === undefined ? undefined : processorConfig,
    tokenizerConfig: { ...(files.tokenizerConfig as Json | undefined), ...template },
  };
}

/** The reference has two implementations of each image processor; the library knows them by one name. */
function withoutFast(config: Json): Json {
  const { image_processor_type: type } = config;
  return typeof type === 'string' ? { ...config, image_processor_type: type.replace(/Fast$/, '') } : config;
}
