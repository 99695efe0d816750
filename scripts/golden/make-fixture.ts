// Cuts a golden folder down to what the parity test needs: one model, the pictures of its samples, logits at label rows only.
// Run with: npx tsx --conditions=@mmhs/source scripts/golden/make-fixture.ts FOLDER MODEL
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FloatTensor, Tensor } from '@mmhs/core';
import { openSafetensors, writeSafetensors, type RawTensor } from '@mmhs/runtime';

import { readJson } from './json-file.ts';
import { preprocessSchema, samplesSchema } from './schemas.ts';

const target = join(import.meta.dirname, '__fixtures__');
/** Preprocessed pictures above this size are left out. */
const largestTensor = 30_000;
const copied = [
  'model', 'samples.json', 'tokens.json', 'targets.json', 'forward.json', 'train.json', 'train', 'generate.json', 'label_scores.json',
  'lora/base', 'lora/patterns', 'lora/modules_to_save', 'lora/vision', 'lora/halfway', 'lora/fitted',
  'lora/old_names', 'lora/old_names_vision', 'lora/names_452_vision', 'forward_caps.json', 'forward_caps.safetensors',
  'nf4/nf4.json', 'nf4/plain.safetensors', 'nf4/plain_expected.safetensors',
];

const [folder = '', model = ''] = process.argv.slice(2);
const from = (name: string): string => join(folder, model, name);
const to = (name: string): string => join(target, model, name);

for (const name of copied) if (existsSync(from(name))) await cp(from(name), to(name), { recursive: true });
const { samples } = await readJson(from('samples.json'), samplesSchema);
const pictures = new Set(samples.map(({ image }) => image));
// The pictures of all models that are there, as they share one file.
const shown = new Set(await samplePictures());
await mkdir(join(target, 'images'), { recursive: true });
await copyTensors(join(folder, 'images/decoded.safetensors'), join(target, 'images/decoded.safetensors'), (name) => shown.has(name));
await copyPreprocessed();
await copyForward();

async function samplePictures(): Promise<string[]> {
  const paths = (await readdir(target)).map((name) => join(target, name, 'samples.json')).filter((path) => existsSync(path));
  const files = await Promise.all(paths.map((path) => readJson(path, samplesSchema)));
  return files.flatMap((file) => file.samples.map(({ image }) => image));
}

async function copyPreprocessed(): Promise<void> {
  const { tensors } = await openSafetensors({ path: from('preprocess.safetensors') });
  const { cases } = await readJson(from('preprocess.json'), preprocessSchema);
  const isSmall = (name = ''): boolean => (tensors.get(name)?.byteLength ?? Infinity) <= largestTensor;
  const kept = cases.filter(({ image, tensor_u8 }) => pictures.has(image) && isSmall(tensor_u8))
    .map(({ tensor_float: _, ...entry }) => entry);
  const names = new Set(kept.map(({ tensor_u8 }) => tensor_u8));
  await copyTensors(from('preprocess.safetensors'), to('preprocess.safetensors'), (name) => names.has(name));
  const text = JSON.parse(await readFile(from('preprocess.json'), 'utf8')) as object;
  await writeFile(to('preprocess.json'), `${JSON.stringify({ ...text, cases: kept }, null, 1)}\n`);
}

/** Logits and hidden states of the batch at all positions become those at its label rows. */
async function copyForward(): Promise<void> {
  const file = await openSafetensors({ path: from('forward.safetensors') });
  const kept = new Map<string, Tensor | RawTensor>();
  for (const name of file.tensors.keys()) if (!/^batch\.(logits|hidden)$/.test(name)) kept.set(name, await file.readRaw(name));
  const { bytes } = await file.readRaw('batch.label_rows');
  const rows = Array.from(new BigInt64Array(bytes.buffer), Number);
  for (const name of ['logits', 'hidden']) {
    kept.set(`batch.label_${name}`, selectRows(await file.readFloat32(`batch.${name}`), rows));
  }
  await writeSafetensors({ path: to('forward.safetensors'), tensors: kept });
}

/** Rows `[sample, token]` of a tensor `[samples, tokens, width]`. */
function selectRows({ shape, data }: FloatTensor, pairs: readonly number[]): FloatTensor {
  const [, length = 0, width = 0] = shape;
  const parts = Array.from({ length: pairs.length / 2 }, (_, index) => {
    const start = ((pairs[2 * index] ?? 0) * length + (pairs[2 * index + 1] ?? 0)) * width;
    return [...data.subarray(start, start + width)];
  });
  return { type: 'float32', shape: [parts.length, width], data: Float32Array.from(parts.flat()) };
}

async function copyTensors(source: string, destination: string, isWanted: (name: string) => boolean): Promise<void> {
  const file = await openSafetensors({ path: source });
  const kept = new Map<string, RawTensor>();
  for (const name of file.tensors.keys()) if (isWanted(name)) kept.set(name, await file.readRaw(name));
  await writeSafetensors({ path: destination, tensors: kept });
}
