/**
 * Writes a random-weight checkpoint with SmolVLM-256M's exact shapes, in bfloat16, which the trainer can train.
 *
 *   npx tsx --conditions=@mmhs/source bench/write-checkpoint.ts --out FOLDER
 *
 * The tokenizer is the demo's (the real one cannot be shipped here); the vocabulary keeps its real size.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { createTokenizer, writeSafetensors, type RawTensor } from '@mmhs/runtime';

import { randomWeights } from './random-weights.ts';
import { openSmolvlm256m, smolvlm256mConfig } from './smolvlm-256m.ts';

const { values: flags } = parseArgs({ options: { out: { type: 'string', default: 'runs/smolvlm-256m-random' } } });
const demo = join(import.meta.dirname, '../data/demo/checkpoint');

await mkdir(flags.out, { recursive: true });
await writeJsonFiles(flags.out);
await writeWeights(join(flags.out, 'model.safetensors'));
process.stdout.write(`${flags.out}\n`);

async function writeJsonFiles(folder: string): Promise<void> {
  const [tokenizer, tokenizerConfig] = await Promise.all(['tokenizer.json', 'tokenizer_config.json'].map(async (name) => {
    await copyFile(join(demo, name), join(folder, name));
    return JSON.parse(await readFile(join(demo, name), 'utf8')) as unknown;
  }));
  const { specialId } = createTokenizer({ tokenizer, tokenizerConfig });
  const tokens = { image: specialId('<image>'), end: specialId('<end_of_utterance>'), pad: specialId('<|im_end|>') };
  const files = {
    'config.json': smolvlm256mConfig(tokens),
    'generation_config.json': { eos_token_id: tokens.end, pad_token_id: tokens.pad },
    'processor_config.json': { image_seq_len: 64, processor_class: 'Idefics3Processor' },
    'preprocessor_config.json': {
      do_image_splitting: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], rescale_factor: 1 / 255,
      image_processor_type: 'Idefics3ImageProcessor', processor_class: 'Idefics3Processor', resample: 1,
      max_image_size: { longest_edge: 512 }, size: { longest_edge: 2048 },
    },
  };
  for (const [name, json] of Object.entries(files)) await writeFile(join(folder, name), `${JSON.stringify(json, null, 2)}\n`);
}

async function writeWeights(path: string): Promise<void> {
  const tensors = new Map<string, RawTensor>();
  for (const [name, { shape, data }] of randomWeights(openSmolvlm256m().tensors)) {
    tensors.set(name, { dtype: 'BF16', shape, bytes: toBfloat16(data) });
  }
  await writeSafetensors({ path, tensors, metadata: { format: 'pt' } });
}

/** The upper half of each float32, cut off. */
function toBfloat16(numbers: Float32Array): Uint8Array<ArrayBuffer> {
  const halves = new Uint16Array(numbers.buffer, numbers.byteOffset, numbers.length * 2).filter((_, index) => index % 2 === 1);
  return new Uint8Array(halves.buffer);
}
