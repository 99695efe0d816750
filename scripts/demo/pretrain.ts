/**
 * Pre-trains a tiny checkpoint of the demo with all its parameters, on our own engine, and writes it below data/demo.
 *
 *   npx tsx --conditions=@mmhs/source scripts/demo/pretrain.ts [--model smol] [--steps 5000] [--out data/demo/checkpoint]
 *
 * The tokenizer must be there (train-tokenizer.ts). Two cores take about a quarter of an hour where posts share a prompt's
 * beginning, thrice that where they do not. `--from FOLDER` goes on from the weights of a run that was stopped, with a
 * schedule of its own (`--learning-rate`, `--groups`: micro-batches an update) and examples of another `--seed`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { CheckpointFiles } from '@mmhs/core';
import { createRuntime, createTokenizer, openCheckpointTensors, writeSafetensors, type ParameterStore } from '@mmhs/runtime';
import { clipGradients, createAdamW, createSchedule, createTrainingEngine, type ImageLoader, type PreparedPost } from '@mmhs/trainer';

import { initialWeights } from './initial-weights.ts';
import { findDemoModel } from './models/index.ts';
import { createPretrainingExample, type PretrainingExample } from './pretraining-tasks.ts';

const settings = {
  /** Examples that share a prompt's beginning; one micro-batch. */
  groupSize: 8,
  warmupUpdates: 100,
  weightDecay: 0.01,
  maxGradientNorm: 1,
} as const;

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'smol' },
    steps: { type: 'string', default: '5000' },
    out: { type: 'string' },
    from: { type: 'string' },
    groups: { type: 'string', default: '4' },
    'learning-rate': { type: 'string', default: '2e-3' },
    seed: { type: 'string', default: '1' },
    'save-every': { type: 'string', default: '500' },
    threads: { type: 'string', default: '2' },
  },
});
const steps = Number(flags.steps);
const groupsPerUpdate = Number(flags.groups);
const seed = Number(flags.seed);

const demo = findDemoModel(flags.model);
const out = flags.out ?? join('data/demo', demo.folder);
const files = await writeConfiguration();
const model = demo.family.openModel(files);
const processor = demo.family.openProcessor({ files, tokenizer: createTokenizer(files) });
const runtime = await createRuntime({ threads: Number(flags.threads) });
const parameters = await startingParameters();
await pretrain();
await runtime.close();

async function writeConfiguration(): Promise<CheckpointFiles> {
  await mkdir(out, { recursive: true });
  const readJson = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(out, name), 'utf8')) as unknown;
  const [tokenizerJson, tokenizerConfig] = [await readJson('tokenizer.json'), await readJson('tokenizer_config.json')];
  const tokenizer = createTokenizer({ tokenizer: tokenizerJson, tokenizerConfig });
  const json = demo.checkpointJson(tokenizer);
  for (const [name, content] of Object.entries(json)) {
    await writeFile(join(out, name), `${JSON.stringify(content, null, 2)}\n`);
  }
  return {
    config: json['config.json'],
    generationConfig: json['generation_config.json'],
    preprocessorConfig: json['preprocessor_config.json'],
    processorConfig: json['processor_config.json'],
    tokenizer: tokenizerJson,
    tokenizerConfig,
    chatTemplate: undefined,
  };
}

async function startingParameters(): Promise<ParameterStore> {
  const store = await runtime.createParameters({ specs: model.tensors });
  if (flags.from === undefined) {
    const weights = initialWeights({ tensors: model.tensors, layers: model.decoderLayers, seed, normWeight: demo.normWeight });
    for (const [name, tensor] of weights) store.values.get(name)?.set(tensor.data);
  } else {
    const weights = await openCheckpointTensors({ folder: flags.from, canonicalName: model.canonicalName });
    for (const [name, values] of store.values) values.set((await weights.readTensor(name)).data);
  }
  store.markChanged();
  return store;
}

async function pretrain(): Promise<void> {
  const images = new Map<string, Awaited<ReturnType<ImageLoader['load']>>>();
  const engine = createTrainingEngine({
    runtime,
    model,
    weights: await runtime.loadTensors({ tensors: {} }),
    parameters,
    trainable: { adapters: new Map(), full: new Set(model.tensors.map((tensor) => tensor.name)) },
    features: undefined,
    images: { load: (path) => Promise.resolve(images.get(path) as never) },
  });
  const optimizer = createAdamW({ parameters: parameters.values, settings: { weightDecay: settings.weightDecay } });
  const learningRate = createSchedule({
    name: 'cosine', learningRate: Number(flags['learning-rate']), totalUpdates: steps, warmupUpdates: settings.warmupUpdates,
  });
  const started = performance.now();
  let smoothed: number | undefined;
  for (let step = 0; step < steps; step++) {
    images.clear();
    const groups = Array.from({ length: groupsPerUpdate }, (_, group) =>
      examplesOf(step * groupsPerUpdate + group).map((example, index) => prepare(example, `${group}:${index}`, images)));
    const labelTokens = groups.flat().reduce((sum, { encoded }) => sum + encoded.inputIds.length - encoded.promptLength, 0);
    let loss = 0;
    for (const [index, posts] of groups.entries()) {
      const result = await engine.run({
        posts, lossScale: 1 / labelTokens, gradients: index === 0 ? 'write' : 'add', dropoutSeed: [seed, step, index],
      });
      loss += result.loss;
    }
    const { scale } = clipGradients({ gradients: parameters.gradients.values(), maxNorm: settings.maxGradientNorm });
    await optimizer.update({ gradients: parameters.gradients, learningRate: learningRate(step), gradientScale: scale });
    parameters.markChanged();
    smoothed = smoothed === undefined ? loss : 0.98 * smoothed + 0.02 * loss;
    if ((step + 1) % 50 === 0) {
      const seconds = (performance.now() - started) / 1000;
      process.stdout.write(`step ${step + 1}/${steps} loss ${smoothed.toFixed(4)} ${((step + 1) / seconds).toFixed(2)} steps/s\n`);
    }
    if ((step + 1) % Number(flags['save-every']) === 0 || step + 1 === steps) await save();
  }
}

function examplesOf(group: number): PretrainingExample[] {
  return Array.from({ length: settings.groupSize }, (_, index) =>
    createPretrainingExample({
      seed, index: group * settings.groupSize + index, groupSize: settings.groupSize,
    }));
}

function prepare(example: PretrainingExample, path: string, images: Map<string, Awaited<ReturnType<ImageLoader['load']>>>): PreparedPost {
  const processed = processor.processImage(example.image);
  images.set(path, { key: path, processed });
  const { system, labelSet, text, labels, target } = example;
  return {
    sample: { id: path, text, imagePath: path, labels, source: path },
    encoded: processor.encodePost({ prompt: { system, labelSet }, text, image: processed, target }),
    image: { path, key: path, featureRows: processed.featureRows },
  };
}

async function save(): Promise<void> {
  await writeSafetensors({
    path: join(out, 'model.safetensors'),
    tensors: Object.fromEntries(model.tensors.map(({ name, shape }) => [
      name,
      { type: 'float32', shape: shape as readonly number[], data: Float32Array.from(parameters.values.get(name) ?? []) },
    ])),
    metadata: { format: 'pt' },
  });
}
