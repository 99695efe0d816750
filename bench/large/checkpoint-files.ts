import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

type Json = Record<string, unknown>;

const demo = join(import.meta.dirname, '../../data/demo');

/** Where the demo's checkpoint of the same family lies, and image settings of the real one. */
const facts: Readonly<Record<string, { readonly demo: string; readonly image: Json }>> = {
  'qwen2-vl-2b': { demo: 'checkpoint-qwen', image: { patch_size: 14, min_pixels: 3136, max_pixels: 1003520 } },
  'paligemma2-3b': { demo: 'checkpoint-paligemma', image: { size: { height: 224, width: 224 }, image_seq_length: 256 } },
};

/**
 * The small files of a model of real size by name. Tokenizer and special ids are those of the demo's checkpoint of the same
 * family (the real ones cannot be shipped here); all sizes are real, the vocabulary's too.
 */
export async function largeCheckpointFiles(name: string, config: Readonly<Json>): Promise<Record<string, Json>> {
  const fact = facts[name];
  if (fact === undefined) throw new Error(`no files are known for ${name}`);
  const read = async (file: string): Promise<Json> => JSON.parse(await readFile(join(demo, fact.demo, file), 'utf8')) as Json;
  const small = await read('config.json');
  const ids = Object.fromEntries(Object.entries(small).filter(([key]) => /token_(id|index)$/.test(key)));
  const [image, rest] = await Promise.all([
    read('preprocessor_config.json'),
    Promise.all(['generation_config.json', 'tokenizer.json', 'tokenizer_config.json'].map(async (file) => [file, await read(file)] as const)),
  ]);
  return { 'config.json': { ...config, ...ids }, 'preprocessor_config.json': { ...image, ...fact.image }, ...Object.fromEntries(rest) };
}
