/**
 * LoRA training steps on the exact shapes of Qwen2-VL-2B and PaliGemma2-3B, from bfloat16 checkpoints of random weights that are
 * written first: 160 text tokens a post, r = 8 on the decoder's seven linears, through the product's own training engine.
 *
 *   npx tsx --conditions=@mmhs/source bench/train-large.ts --model qwen2-vl-2b [--image_tokens 64] [--samples 1] [--steps 3]
 *     [--gradient_checkpointing] [--load_in_4bit]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import type { EncodedPost, TrainableTensors, VlmModel } from '@mmhs/core';
import { createRuntime } from '@mmhs/runtime';
import {
  clipGradients, createAdamW, createFeatureStore, createTrainingEngine, createVisionSession, trainedSpecs, type ImageLoader, type PreparedPost,
} from '@mmhs/trainer';

import { writeRandomCheckpoint } from './large/checkpoint.ts';
import { largeModels } from './large/models.ts';
import { median } from './median.ts';
import { randomWeights } from './random-weights.ts';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'qwen2-vl-2b' },
    folder: { type: 'string' },
    image_tokens: { type: 'string' },
    samples: { type: 'string', default: '1' },
    steps: { type: 'string', default: '3' },
    gradient_checkpointing: { type: 'boolean', default: false },
    load_in_4bit: { type: 'boolean', default: false },
  },
});
const large = largeModels[flags.model];
if (large === undefined) throw new Error(`--model ${flags.model}: one of ${Object.keys(largeModels).join(', ')}`);
const imageTokens = Number(flags.image_tokens ?? (large.sharesPrefix ? 64 : 256));
const [samples, steps] = [Number(flags.samples), Number(flags.steps)];
const [textTokens, answerTokens, instructionTokens] = [160, 10, 64];
const sharedPrefix = large.sharesPrefix && samples > 1 ? instructionTokens : 0;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const model = large.open();
const folder = flags.folder ?? `runs/bench-${flags.model}`;
await writeRandomCheckpoint({ folder, tensors: model.tensors });
const opening = performance.now();
const runtime = await createRuntime();
const weights = await runtime.loadCheckpoint({ folder, canonicalName: model.canonicalName });
print(`checkpoint opened in ${seconds(opening)} s`);
const adapted = /language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)$/;
const trainable: TrainableTensors = {
  adapters: new Map(model.linears.filter(({ path }) => adapted.test(path)).map(({ path }) => [path, { rank: 8, scaling: 2, dropout: 0 }])),
  full: new Set(),
};
const parameters = await runtime.createParameters({ specs: trainedSpecs(model, trainable) });
for (const [name, tensor] of randomWeights(parameters.specs, 1)) parameters.values.get(name)?.set(tensor.data);
parameters.markChanged();
const images: ImageLoader = {
  load: (path) => Promise.resolve({ key: path, processed: large.image(Number(path), imageTokens) }),
};
const features = createFeatureStore({
  vision: await createVisionSession({ runtime, model, weights, parameters, trainable }), model, images, cache: { identity: 'bench' },
});
const engine = createTrainingEngine({
  runtime, model, weights, parameters, trainable, features, images, sharedPrefix: sharedPrefix > 0,
  gradientCheckpointing: flags.gradient_checkpointing,
  precision: flags.load_in_4bit ? 'weights-nf4' : 'float32',
});
const optimizer = createAdamW({ parameters: parameters.values });

let picture = 0;
await step(picture);
print(`first step, weights read: ${seconds(opening)} s after opening; ${memory()}`);
await step(picture);
for (const cached of [false, true]) {
  const times: number[] = [];
  for (let round = 0; round < steps; round++) {
    if (!cached) picture += samples;
    const started = performance.now();
    await step(picture);
    times.push((performance.now() - started) / 1000);
  }
  print(`${flags.model}, ${imageTokens} image tokens, ${samples} a step, ${cached ? 'features cached' : 'first epoch'}: `
    + `${median(times).toFixed(2)} s/step, ${(samples / median(times)).toFixed(3)} samples/s; ${memory()}`);
}
await runtime.close();

async function step(first: number): Promise<void> {
  const posts = Array.from({ length: samples }, (_, index) => post(model, first + index));
  await engine.run({ posts, lossScale: 1 / (samples * answerTokens), gradients: 'write', dropoutSeed: [0, 0, 0] });
  const { scale } = clipGradients({ gradients: parameters.gradients.values(), maxNorm: 1 });
  await optimizer.update({ gradients: parameters.gradients, learningRate: 1e-4, gradientScale: scale });
  parameters.markChanged();
}

/** Instructions, picture, text and answer where instructions can be shared; else the picture first. */
function post({ imageTokenId, positionRows }: VlmModel, number: number): PreparedPost {
  const markers = large?.imageMarkers ?? 0;
  const length = textTokens + markers + imageTokens;
  const firstImageToken = large?.sharesPrefix === true ? instructionTokens + markers : 0;
  const inputIds = Int32Array.from({ length }, (_, place) => {
    if (place >= firstImageToken && place < firstImageToken + imageTokens) return imageTokenId;
    return 3 + ((place < instructionTokens ? place : place * 7 + number * 13) % 40000);
  });
  const promptLength = length - answerTokens;
  const causal = Int32Array.from({ length }, (_, place) => place);
  const encoded: EncodedPost = {
    inputIds, promptLength, sharedPrefixLength: sharedPrefix, truncatedTextTokens: 0,
    positionIds: Int32Array.from({ length: positionRows * length }, (_, place) => place % length),
    attentionOrder: large?.sharesPrefix === true ? causal : causal.map((place) => Math.max(place, promptLength - 1)),
  };
  const key = String(number);
  return {
    sample: { id: key, text: '', imagePath: key, labels: [], source: key }, encoded, image: { path: key, key, featureRows: imageTokens },
  };
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

/** Resident memory now and at its highest. */
function memory(): string {
  const status = readFileSync('/proc/self/status', 'utf8');
  const gib = (field: string): string => (Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 2 ** 20).toFixed(1);
  return `resident ${gib('VmRSS')} GiB, at most ${gib('VmHWM')}`;
}
