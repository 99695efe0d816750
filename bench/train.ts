/**
 * LoRA training steps on SmolVLM-256M's exact shapes (random weights): one 512-pixel tile (64 image tokens) and 160 text
 * tokens a post, 4 posts a step, r = 8 on the decoder's seven linears, through the product's own training engine.
 *
 *   npx tsx --conditions=@mmhs/source bench/train.ts [--steps 8] [--gradient_checkpointing] [--peer 'COMMAND']
 *
 * COMMAND prints JSON lines with `kind: "train"`, `variant` and `samples_per_s`; it runs in the same minutes, before and
 * after ours, and ratios are printed.
 */
import { execSync } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import type { LinearPrecision, ProcessedImage, TrainableTensors } from '@mmhs/core';
import { createRuntime } from '@mmhs/runtime';
import {
  clipGradients, createAdamW, createFeatureStore, createTrainingEngine, createVisionSession, trainedSpecs, type FeatureStore, type ImageLoader, type PreparedPost,
} from '@mmhs/trainer';

import { measureGemmRate } from './gemm-rate.ts';
import { median } from './median.ts';
import { randomWeights } from './random-weights.ts';
import { openSmolvlm256m } from './smolvlm-256m.ts';
import { syntheticImage, syntheticPost } from './synthetic-posts.ts';
import { cachedStepFlops } from './train-flops.ts';

const { values: flags } = parseArgs({
  options: {
    steps: { type: 'string', default: '8' },
    samples: { type: 'string', default: '4' },
    prefix: { type: 'string', default: '64' },
    dropout: { type: 'string', default: '0' },
    gradient_checkpointing: { type: 'boolean', default: false },
    peer: { type: 'string' },
    only: { type: 'string' },
  },
});
const steps = Number(flags.steps);
const samples = Number(flags.samples);
const sharedPrefix = Number(flags.prefix);

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const peerBefore = runPeer();
const runtime = await createRuntime();
const model = openSmolvlm256m();
const adapted = /text_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)$/;
const trainable: TrainableTensors = {
  adapters: new Map(model.linears.filter(({ path }) => adapted.test(path))
    .map(({ path }) => [path, { rank: 8, scaling: 2, dropout: Number(flags.dropout) }])),
  full: new Set(),
};
const weights = await runtime.loadTensors({ tensors: Object.fromEntries(randomWeights(model.tensors)) });
const parameters = await runtime.createParameters({ specs: trainedSpecs(model, trainable) });
for (const [name, tensor] of randomWeights(parameters.specs, 1)) parameters.values.get(name)?.set(tensor.data);
parameters.markChanged();
// Made beforehand, like the peer's: how pictures are made is not what is measured.
const tiles = Array.from({ length: samples }, (_, number) => syntheticImage(number));
const images: ImageLoader = {
  load: (path) => Promise.resolve({ key: path, processed: tiles[Number(path.split('-')[1]) % samples] as ProcessedImage }),
};
const stores = new Map<LinearPrecision, FeatureStore>();
const optimizer = createAdamW({ parameters: parameters.values });

/** Delays of the main thread's event loop, one histogram a variant. */
const eventLoops: ReturnType<typeof monitorEventLoopDelay>[] = [];
let pictures = 0;
const variants: Record<string, { readonly prefix: number; readonly cached: boolean; readonly precision?: LinearPrecision }> = {
  'first epoch (features computed)': { prefix: sharedPrefix, cached: false },
  'first epoch, 8-bit vision products': { prefix: sharedPrefix, cached: false, precision: 'int8' },
  'later epochs (features cached)': { prefix: sharedPrefix, cached: true },
  'later epochs, no shared prefix': { prefix: 0, cached: true },
};
const gemmRate = await measureGemmRate(runtime, { m: 512, k: 576, n: 1536 });
print(`fp32 matrix products [512, 576] x [576, 1536] and back: ${gemmRate.toFixed(0)} GFLOP/s`);
const results = new Map<string, number>();
for (const [name, { prefix, cached, precision = 'float32' }] of Object.entries(variants)) {
  if (flags.only !== undefined && !name.includes(flags.only)) continue;
  const seconds = await measure(prefix, cached, precision);
  results.set(name, samples / seconds);
  const rate = cachedStepFlops({ samples, sharedPrefix: prefix }) / seconds / 1e9;
  const utilisation = cached ? `, ${rate.toFixed(0)} GFLOP/s in matrix products: ${(100 * rate / gemmRate).toFixed(0)} % of the rate above` : '';
  print(`${name}: ${seconds.toFixed(3)} s/step, ${(samples / seconds).toFixed(3)} samples/s${utilisation}`);
}
print(`main thread's event loop: delay at most ${(Math.max(...eventLoops.map(({ max }) => max)) / 1e6).toFixed(1)} ms`);
print(`resident memory ${(process.memoryUsage().rss / 2 ** 30).toFixed(2)} GiB`);
await runtime.close();
const peer = [...peerBefore, ...runPeer()];
for (const variant of new Set(peer.map((row) => row.variant))) {
  const theirs = median(peer.filter((row) => row.variant === variant).map((row) => row.samples_per_s));
  print(`peer ${variant}: ${theirs.toFixed(3)} samples/s; ours / peer: ${[...results].map(([name, ours]) => `${(ours / theirs).toFixed(2)} ${name}`).join(', ')}`);
}

async function featuresIn(precision: LinearPrecision): Promise<FeatureStore> {
  const store = stores.get(precision) ?? createFeatureStore({
    vision: await createVisionSession({ runtime, model, weights, parameters, trainable, precision }), model, images, cache: { identity: 'bench' },
  });
  stores.set(precision, store);
  return store;
}

async function measure(prefix: number, cached: boolean, precision: LinearPrecision): Promise<number> {
  const features = await featuresIn(precision);
  const engine = createTrainingEngine({
    runtime, model, weights, parameters, trainable, features, images, sharedPrefix: prefix > 0,
    gradientCheckpointing: flags.gradient_checkpointing,
  });
  const times: number[] = [];
  const eventLoop = monitorEventLoopDelay({ resolution: 1 });
  eventLoops.push(eventLoop);
  const fixed = pictures;
  for (let step = 0; step < steps + 3; step++) {
    const first = cached ? fixed : pictures;
    const posts = Array.from({ length: samples }, (_, index) =>
      syntheticPost({ number: first + index, sharedPrefix: prefix, imageTokenId: model.imageTokenId }));
    pictures = Math.max(pictures, first + samples);
    if (step === 3) eventLoop.enable();
    const started = performance.now();
    await trainingStep(engine, posts, step);
    if (step >= 3) times.push((performance.now() - started) / 1000);
  }
  eventLoop.disable();
  await engine.release();
  return median(times);
}

async function trainingStep(engine: ReturnType<typeof createTrainingEngine>, posts: readonly PreparedPost[], step: number): Promise<void> {
  const labelTokens = posts.reduce((sum, { encoded }) => sum + encoded.inputIds.length - encoded.promptLength, 0);
  await engine.run({ posts, lossScale: 1 / labelTokens, gradients: 'write', dropoutSeed: [0, step, 0] });
  const { scale } = clipGradients({ gradients: parameters.gradients.values(), maxNorm: 1 });
  await optimizer.update({ gradients: parameters.gradients, learningRate: 1e-4, gradientScale: scale });
  parameters.markChanged();
}

function runPeer(): { readonly variant: string; readonly samples_per_s: number }[] {
  if (flags.peer === undefined) return [];
  const output = execSync(flags.peer, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], shell: '/bin/bash' });
  return output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as never)
    .filter((row: { kind?: string }) => row.kind === 'train');
}
