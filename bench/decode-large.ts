/**
 * Greedy decoding on the exact shapes of Qwen2-VL-2B and PaliGemma2-3B, from the checkpoints that train-large.ts writes: time of
 * a prefill and of each further token, and memory, for full and for rounded weights.
 *
 *   npx tsx --conditions=@mmhs/source bench/decode-large.ts --model qwen2-vl-2b [--precision float32,weights-int8,weights-int4]
 */
import { parseArgs } from 'node:util';

import type { EncodedPost, LinearPrecision } from '@mmhs/core';
import { createDecoder, createRuntime, generate } from '@mmhs/runtime';

import { writeRandomCheckpoint } from './large/checkpoint.ts';
import { largeModels } from './large/models.ts';
import { median } from './median.ts';
import { describeMemory } from './memory.ts';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'qwen2-vl-2b' },
    folder: { type: 'string' },
    precision: { type: 'string', default: 'float32,weights-int4' },
    tokens: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '3' },
  },
});
const large = largeModels[flags.model];
if (large === undefined) throw new Error(`--model ${flags.model}: one of ${Object.keys(largeModels).join(', ')}`);
const model = large.open();
const folder = flags.folder ?? `runs/bench-${flags.model}`;
await writeRandomCheckpoint({ folder, tensors: model.tensors });
const [tokens, rounds] = [Number(flags.tokens), Number(flags.rounds)];
const post = prompt(224);
for (const precision of flags.precision.split(',') as LinearPrecision[]) {
  const runtime = await createRuntime();
  const weights = await runtime.loadCheckpoint({ folder, canonicalName: model.canonicalName });
  const opening = performance.now();
  const decoder = createDecoder({ runtime, model, weights, trainable: { adapters: new Map(), full: new Set() }, precision });
  const answer = async (maxNewTokens: number): Promise<number> => {
    const started = performance.now();
    await generate({ decoder, posts: [post], imageFeatures: [undefined], maxNewTokens });
    return performance.now() - started;
  };
  await answer(2);
  const opened = performance.now() - opening;
  const first: number[] = [];
  const further: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await answer(1);
    first.push(alone);
    further.push((await answer(tokens) - alone) / (tokens - 1));
  }
  process.stdout.write(`${flags.model} ${precision}: ready after ${(opened / 1000).toFixed(1)} s, prefill of ${post.promptLength} tokens `
    + `${median(first).toFixed(0)} ms, ${median(further).toFixed(1)} ms a token; ${describeMemory()}\n`);
  await runtime.close();
}

/** A prompt of text alone. */
function prompt(length: number): EncodedPost {
  return {
    inputIds: Int32Array.from({ length }, (_, place) => 3 + ((place * 7) % 40000)), promptLength: length, sharedPrefixLength: 0,
    positionIds: Int32Array.from({ length: model.positionRows * length }, (_, place) => place % length),
    attentionOrder: Int32Array.from({ length }, (_, place) => place), truncatedTextTokens: 0,
  };
}
