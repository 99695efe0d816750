/**
 * Labelling posts on the exact shapes of Qwen2-VL-2B and PaliGemma2-3B, from the checkpoints that train-large.ts writes: 160 text
 * tokens, 64 of them instructions that all posts share where the model can share them, 5 labels, constrained decoding, no adapter (a
 * merged one costs the same). One precision a process, so that the memory is its own.
 *
 *   npx tsx --conditions=@mmhs/source bench/infer-large.ts --model qwen2-vl-2b [--precision float32|weights-int8|weights-int4]
 *     [--vision_precision float32|int8] [--batches 1,4] [--rounds 3] [--peer 'COMMAND']
 *
 * COMMAND prints JSON lines with `kind: "generate"`, `variant` and `samples_per_s`; it runs before ours takes memory.
 */
import { parseArgs } from 'node:util';

import type { EncodedPost, FloatTensor, LinearPrecision, TrainableTensors } from '@mmhs/core';
import { createDecoder, createLabelTrie, createRuntime, decodeLabels } from '@mmhs/runtime';
import { createVisionSession } from '@mmhs/trainer';

import { fiveLabels } from './five-labels.ts';
import { writeRandomCheckpoint } from './large/checkpoint.ts';
import { largeModels } from './large/models.ts';
import { median } from './median.ts';
import { describeMemory } from './memory.ts';
import { runPeer } from './peer.ts';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'qwen2-vl-2b' },
    folder: { type: 'string' },
    precision: { type: 'string', default: 'float32' },
    vision_precision: { type: 'string', default: 'float32' },
    batches: { type: 'string', default: '1,4' },
    rounds: { type: 'string', default: '3' },
    peer: { type: 'string' },
  },
});
const large = largeModels[flags.model];
if (large === undefined) throw new Error(`--model ${flags.model}: one of ${Object.keys(largeModels).join(', ')}`);
const { open, sharesPrefix, imageMarkers, image } = large;
const [textTokens, instructionTokens, imageTokens] = [160, 64, sharesPrefix ? 64 : 256];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const peer = runPeer(flags.peer);
const model = open();
const folder = flags.folder ?? `runs/bench-${flags.model}`;
await writeRandomCheckpoint({ folder, tensors: model.tensors });
const started = performance.now();
const runtime = await createRuntime();
const weights = await runtime.loadCheckpoint({ folder, canonicalName: model.canonicalName });
const trainable: TrainableTensors = { adapters: new Map(), full: new Set() };
const tower = await createVisionSession({ runtime, model, weights, trainable, precision: flags.vision_precision as LinearPrecision });
const decoder = createDecoder({ runtime, model, weights, trainable, precision: flags.precision as LinearPrecision });
const trie = createLabelTrie(fiveLabels(model.endTokenIds[0] ?? 0));
let next = 0;
await label(1, [await featuresOf(0)]);
const name = `${flags.model}, ${flags.precision}${flags.vision_precision === 'float32' ? '' : `, ${flags.vision_precision} tower`}`;
print(`${name}: first answer ${((performance.now() - started) / 1000).toFixed(1)} s after opening; ${describeMemory()}`);
for (const batch of flags.batches.split(',').map(Number)) {
  for (const isNew of [false, true]) {
    const seconds = await measure(batch, isNew);
    const ratios = peer.map(({ variant, samples_per_s: theirs }) => `, ${(batch / seconds / theirs).toFixed(2)} times ${variant}`);
    print(`${name}, ${isNew ? 'new pictures' : 'cached features'}, batch ${batch}: ${seconds.toFixed(2)} s, `
      + `${(batch / seconds).toFixed(3)} samples/s${ratios.join('')}; ${describeMemory()}`);
  }
}
await runtime.close();

async function measure(batch: number, isNew: boolean): Promise<number> {
  const known = await Promise.all(Array.from({ length: batch }, () => featuresOf(0)));
  const times: number[] = [];
  for (let round = 0; round <= Number(flags.rounds); round += 1) {
    const begun = performance.now();
    await label(batch, isNew ? await Promise.all(Array.from({ length: batch }, () => featuresOf((next += 1)))) : known);
    // The first round allocates.
    if (round > 0) times.push((performance.now() - begun) / 1000);
  }
  return median(times);
}

async function label(batch: number, imageFeatures: readonly FloatTensor[]): Promise<void> {
  await decodeLabels({ decoder, trie, posts: Array.from({ length: batch }, () => prompt((next += 1))), imageFeatures });
}

async function featuresOf(number: number): Promise<FloatTensor> {
  const { image_features: features } = await tower.run({ feeds: model.batchImages([image(number, imageTokens)]) });
  return features as FloatTensor;
}

/** Instructions, picture and text where instructions can be shared; else the picture first. */
function prompt(number: number): EncodedPost {
  const length = textTokens + imageMarkers + imageTokens;
  const firstImageToken = sharesPrefix ? instructionTokens + imageMarkers : 0;
  const order = Int32Array.from({ length }, (_, place) => place);
  return {
    inputIds: order.map((place) => {
      if (place >= firstImageToken && place < firstImageToken + imageTokens) return model.imageTokenId;
      return 1000 + ((place < instructionTokens ? place : place * 7 + number * 13) % 40000);
    }),
    promptLength: length, sharedPrefixLength: sharesPrefix ? instructionTokens : 0, truncatedTextTokens: 0,
    positionIds: Int32Array.from({ length: model.positionRows * length }, (_, place) => place % length),
    attentionOrder: sharesPrefix ? order : order.map(() => length - 1),
  };
}
