/**
 * Writes a random-weight checkpoint with the exact shapes of SmolVLM-256M, Qwen2-VL-2B or PaliGemma2-3B, in bfloat16, which the
 * apps can train, run and export.
 *
 *   npx tsx --conditions=@mmhs/source bench/write-checkpoint.ts --out FOLDER [--model smolvlm-256m|qwen2-vl-2b|paligemma2-3b]
 *
 * The tokenizer is the demo's (the real one cannot be shipped here); the vocabulary keeps its real size.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { createTokenizer, writeSafetensors, type RawTensor } from '@mmhs/runtime';

import { largeCheckpointFiles } from './large/checkpoint-files.ts';
import { writeRandomCheckpoint } from './large/checkpoint.ts';
import { largeModels } from './large/models.ts';
import { randomWeights } from './random-weights.ts';
import { openSmolvlm256m, smolvlm256mConfig } from './smolvlm-256m.ts';

const demo = join(import.meta.dirname, '../data/demo/checkpoint');
const { values: flags } = parseArgs({ options: { model: { type: 'string', default: 'smolvlm-256m' }, out: { type: 'string' } } });
const folder = flags.out ?? `runs/${flags.model}-random`;
const large = largeModels[flags.model];
if (large === undefined && flags.model !== 'smolvlm-256m') {
  throw new Error(`--model ${flags.model}: one of smolvlm-256m, ${Object.keys(largeModels).join(', ')}`);
}

await mkdir(folder, { recursive: true });
const files = large === undefined ? await smolFiles() : await largeCheckpointFiles(flags.model, large.config);
for (const [name, json] of Object.entries(files)) await writeFile(join(folder, name), `${JSON.stringify(json, null, 2)}\n`);
if (large === undefined) await writeWeights(join(folder, 'model.safetensors'));
else await writeRandomCheckpoint({ folder, tensors: large.open().tensors });
process.stdout.write(`${folder}\n`);

async function smolFiles(): Promise<Record<string, unknown>> {
  const [tokenizer, tokenizerConfig] = await Promise.all(['tokenizer.json', 'tokenizer_config.json'].map(async (name) =>
    JSON.parse(await readFile(join(demo, name), 'utf8')) as unknown));
  const { specialId } = createTokenizer({ tokenizer, tokenizerConfig });
  const tokens = { image: specialId('<image>'), end: specialId('<end_of_utterance>'), pad: specialId('<|im_end|>') };
  return {
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': tokenizerConfig,
    'config.json': smolvlm256mConfig(tokens),
    'generation_config.json': { eos_token_id: tokens.end, pad_token_id: tokens.pad },
    'processor_config.json': { image_seq_len: 64, processor_class: 'Idefics3Processor' },
    'preprocessor_config.json': {
      do_image_splitting: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], rescale_factor: 1 / 255,
      image_processor_type: 'Idefics3ImageProcessor', processor_class: 'Idefics3Processor', resample: 1,
      max_image_size: { longest_edge: 512 }, size: { longest_edge: 2048 },
    },
  };
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
