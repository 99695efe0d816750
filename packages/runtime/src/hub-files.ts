/** A file of a model on the Hub. */
export interface HubFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of a large file, git's SHA-1 of a small one: the name of its blob in the cache. */
  readonly etag: string;
}

const smallFiles = [
  'config.json', 'generation_config.json', 'preprocessor_config.json', 'processor_config.json', 'video_preprocessor_config.json',
  'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json', 'chat_template.json', 'chat_template.jinja',
];
const index = 'model.safetensors.index.json';
const shard = /^model-\d+-of-\d+\.safetensors$/;
const single = 'model.safetensors';

/** Chooses what a checkpoint is opened from: configuration, tokenizer and safetensors weights, of the top folder alone. */
export function chooseModelFiles(files: readonly HubFile[]): HubFile[] {
  const isSharded = files.some(({ name }) => name === index);
  const isWeight = (name: string): boolean => (isSharded ? name === index || shard.test(name) : name === single);
  return files.filter(({ name }) => smallFiles.includes(name) || isWeight(name));
}

/** What must be among a checkpoint's files and is not, in words. */
export function missingModelFiles(names: readonly string[]): string[] {
  const hasWeights = names.includes(single) || (names.includes(index) && names.some((name) => shard.test(name)));
  return [
    ...['config.json', 'tokenizer.json'].filter((name) => !names.includes(name)),
    ...(hasWeights ? [] : [`${single} or shards with ${index}`]),
  ];
}
