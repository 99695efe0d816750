/**
 * Labelling posts on SmolVLM-256M's exact shapes (random weights): one 512-pixel tile (64 image tokens) and 160 text tokens a
 * post, 5 labels, LoRA r = 8 on the decoder's seven linears, through the product's own decoder.
 *
 *   npx tsx --conditions=@mmhs/source bench/infer.ts [--rounds 3] [--batch 8] [--only TASK] [--peer 'COMMAND']
 *
 * COMMAND prints JSON lines with `kind: "generate"`, `variant` and `samples_per_s`; it runs in the same minutes, before and
 * after ours, and ratios are printed.
 */
import { parseArgs } from 'node:util';

import type { EncodedPost, FloatTensor, LinearPrecision, ProcessedImage, TrainableTensors } from '@mmhs/core';
import {
  createDecoder, createLabelTrie, createRuntime, decodeLabels, generate, scoreLabels, type Decoder, type Session,
} from '@mmhs/runtime';
import { createVisionSession, promptOf, trainedSpecs } from '@mmhs/trainer';

import { fiveLabels } from './five-labels.ts';
import { median } from './median.ts';
import { runPeer } from './peer.ts';
import { randomWeights } from './random-weights.ts';
import { openSmolvlm256m } from './smolvlm-256m.ts';
import { syntheticImage, syntheticPost } from './synthetic-posts.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    batch: { type: 'string', default: '8' },
    prefix: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '16' },
    only: { type: 'string' },
    peer: { type: 'string' },
  },
});
const rounds = Number(flags.rounds);
const batchSize = Number(flags.batch);

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const peerBefore = runPeer(flags.peer);
const runtime = await createRuntime();
const model = openSmolvlm256m();
const adapted = /text_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)$/;
const trainable: TrainableTensors = {
  adapters: new Map(model.linears.filter(({ path }) => adapted.test(path)).map(({ path }) => [path, { rank: 8, scaling: 2, dropout: 0 }])),
  full: new Set(),
};
const weights = await runtime.loadTensors({ tensors: Object.fromEntries(randomWeights(model.tensors)) });
const parameters = await runtime.createParameters({ specs: trainedSpecs(model, trainable) });
for (const [name, tensor] of randomWeights(parameters.specs, 1)) parameters.values.get(name)?.set(tensor.data);
parameters.markChanged();
const frozen: TrainableTensors = { adapters: new Map(), full: new Set() };
// Made when first used: a process that labels has one tower and one decoder.
const towers = new Map<LinearPrecision, Promise<Session>>();
const towerOf = (precision: LinearPrecision): Promise<Session> => {
  const tower = towers.get(precision) ?? createVisionSession({ runtime, model, weights, trainable: frozen, precision });
  towers.set(precision, tower);
  return tower;
};
const decoders = {
  'live adapter': createDecoder({ runtime, model, trainable, weights, parameters, weightBinding: 'packed-if-small' }),
  // As many products as a merged adapter's; the values do not matter here.
  'merged adapter': createDecoder({ runtime, model, trainable: { adapters: new Map(), full: new Set() }, weights, weightBinding: 'packed-if-small' }),
};
const language = fiveLabels(model.endTokenIds[0] ?? 0);
const trie = createLabelTrie(language);
let pictures = 0;
// Made beforehand, like the peer's: how pictures are made is not what is measured.
const tiles = Array.from({ length: batchSize }, (_, number) => syntheticImage(number));

interface Batch {
  readonly decoder: Decoder;
  readonly posts: readonly EncodedPost[];
  readonly imageFeatures: readonly (FloatTensor | undefined)[];
}

const tasks: Record<string, { readonly size: number; readonly seen: boolean; readonly decoder: Decoder; readonly tower?: LinearPrecision; readonly run: (batch: Batch) => Promise<unknown> }> = {};
for (const [adapter, decoder] of Object.entries(decoders)) {
  const decode = (batch: Batch): Promise<unknown> => decodeLabels({ ...batch, trie });
  tasks[`cached features, constrained, batch ${batchSize}, ${adapter}`] = { size: batchSize, seen: true, decoder, run: decode };
  tasks[`cached features, constrained, batch 1, ${adapter}`] = { size: 1, seen: true, decoder, run: decode };
  tasks[`new picture, constrained, batch ${batchSize}, ${adapter}`] = { size: batchSize, seen: false, decoder, run: decode };
  tasks[`new picture, constrained, batch 1, ${adapter}`] = { size: 1, seen: false, decoder, run: decode };
  tasks[`new picture, 8-bit tower, constrained, batch ${batchSize}, ${adapter}`] = { size: batchSize, seen: false, decoder, tower: 'int8', run: decode };
}
tasks[`cached features, scores of all 32 arrays, batch ${batchSize}, live adapter`] = {
  size: batchSize, seen: true, decoder: decoders['live adapter'], run: (batch) => scoreLabels({ ...batch, trie, labelCount: 5 }),
};
tasks[`cached features, ${flags.tokens} free tokens, batch ${batchSize}, live adapter`] = {
  size: batchSize, seen: true, decoder: decoders['live adapter'], run: (batch) => generate({ ...batch, maxNewTokens: Number(flags.tokens) }),
};

const results = new Map<string, number>();
for (const [name, task] of Object.entries(tasks)) {
  if (flags.only !== undefined && !name.includes(flags.only)) continue;
  const seconds = await measure(task);
  results.set(name, task.size / seconds);
  print(`${name}: ${(1000 * seconds).toFixed(0)} ms, ${(task.size / seconds).toFixed(3)} samples/s`);
}
print(`resident memory ${(process.memoryUsage().rss / 2 ** 30).toFixed(2)} GiB`);
await runtime.close();
const peer = [...peerBefore, ...runPeer(flags.peer)];
for (const variant of new Set(peer.map((row) => row.variant))) {
  const theirs = median(peer.filter((row) => row.variant === variant).map((row) => row.samples_per_s));
  print(`peer ${variant}: ${theirs.toFixed(3)} samples/s; ours / peer: ${[...results].map(([name, ours]) => `${(ours / theirs).toFixed(2)} ${name}`).join(', ')}`);
}

async function measure({ size, seen, decoder, tower = 'float32', run }: (typeof tasks)[string]): Promise<number> {
  const times: number[] = [];
  const known = seen ? await Promise.all(Array.from({ length: size }, (_, index) => featuresOf(index, tower))) : undefined;
  for (let round = 0; round < rounds + 2; round += 1) {
    const posts = Array.from({ length: size }, (_, index) =>
      promptOf(syntheticPost({ number: round * size + index, sharedPrefix: Number(flags.prefix), imageTokenId: model.imageTokenId }).encoded));
    const started = performance.now();
    const imageFeatures = known ?? await Promise.all(posts.map(() => featuresOf((pictures += 1), tower)));
    await run({ decoder, posts, imageFeatures });
    // The first rounds allocate.
    if (round >= 2) times.push((performance.now() - started) / 1000);
  }
  return median(times);
}

async function featuresOf(number: number, tower: LinearPrecision): Promise<FloatTensor> {
  const { image_features: features } = await (await towerOf(tower)).run({ feeds: model.batchImages([tiles[number % tiles.length] as ProcessedImage]) });
  return features as FloatTensor;
}
