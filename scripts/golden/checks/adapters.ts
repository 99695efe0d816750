import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FloatTensor } from '@mmhs/core';
import { loadAdapter, mergeAdapter, saveAdapter, toFileTensors, type LoadedAdapter } from '@mmhs/lora';
import { z } from 'zod';

import { adaptModel, floats, packPosts, trainingGraphOf, type AdaptedModel } from '../adapted-model.ts';
import { gradientErrors, largestDifference, normError, relativeError, tensorError, tolerances, worstOf } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import { labelRowsOf, pickPosts, type GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { adapterExpectedSchema } from '../schemas.ts';
import { openTensorFile, type TensorFile } from '../tensor-file.ts';
import { evaluate, prefixTitle, prefixVariants } from './forward.ts';

/** Loads every adapter PEFT saved; loss, logits, gradients and merged weights must be the reference's. */
export async function checkAdapters(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  for (const kind of (await readdir(under.path('lora'))).sort()) {
    const folder = under.path(join('lora', kind));
    const line = `${under.name} lora/${kind}`;
    const settings = join(folder, 'adapter', 'adapter_config.json');
    if (!existsSync(settings)) {
      reporter.skip(line, 'no adapter/adapter_config.json in it');
      continue;
    }
    await reporter.group(line, async () => {
      const { use_dora } = await readJson(settings, z.object({ use_dora: z.boolean().nullish() }));
      if (use_dora === true) reporter.skip(line, 'use_dora: @mmhs/lora refuses such adapters');
      else await checkAdapter({ line, folder, under, posts, reporter });
    });
  }
}

/** Loads a folder that PEFT saved. */
export function loadPeftAdapter(under: ModelUnderTest, folder: string): Promise<LoadedAdapter> {
  return loadAdapter({ folder, ...under.model });
}

/** What is compared about a model that is trained. */
export interface TrainingCheck {
  readonly line: string;
  readonly under: ModelUnderTest;
  readonly reporter: Reporter;
  readonly adapted: AdaptedModel;
  readonly posts: readonly GoldenPost[];
  readonly loss: number;
}

interface AdapterCheck extends TrainingCheck {
  readonly adapter: LoadedAdapter;
}

async function checkAdapter(options: {
  readonly line: string;
  readonly folder: string;
  readonly under: ModelUnderTest;
  readonly posts: readonly GoldenPost[];
  readonly reporter: Reporter;
}): Promise<void> {
  const { line, folder, under, reporter } = options;
  const expected = await readJson(join(folder, 'expected.json'), adapterExpectedSchema);
  const adapter = await loadPeftAdapter(under, join(folder, 'adapter'));
  await checkWrittenBack(line, folder, adapter, under, reporter);
  if (expected.loss === undefined) return;
  const batch = expected.samples ?? (await readJson(under.path('forward.json'), batchSchema)).batch.samples;
  const posts = pickPosts(options.posts, batch);
  const adapted = await adaptModel({ under, adapter });
  const check: AdapterCheck = { line, under, reporter, adapter, adapted, posts, loss: expected.loss };
  const tensorPath = join(folder, 'expected.safetensors');
  const tensors = existsSync(tensorPath) ? await openTensorFile(tensorPath) : undefined;
  for (const sharedPrefix of prefixVariants(line, posts, reporter)) {
    await checkForwardPass(check, sharedPrefix, tensors);
    if (tensors !== undefined) await checkGradients(check, sharedPrefix, tensors, expected.gradient_norm ?? NaN);
  }
  if (tensors !== undefined) await checkMerging(check, tensors);
  adapted.release();
}

const batchSchema = z.object({ batch: z.object({ samples: z.array(z.number()) }) });

/** Saving what was loaded must give the bytes that PEFT wrote; under the canonical names where the file has others. */
async function checkWrittenBack(
  line: string, folder: string, adapter: LoadedAdapter, under: ModelUnderTest, reporter: Reporter,
): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'mmhs-golden-'));
  try {
    const { linears, tensors } = under.model;
    await saveAdapter({ folder: copy, config: adapter.config, parameters: adapter.parameters, linears, tensors });
    const paths = [copy, join(folder, 'adapter')].map((place) => join(place, 'adapter_model.safetensors'));
    const [written, original] = await Promise.all(paths.map((path) => openTensorFile(path)));
    const names = new Map(original!.names.map((name) => [canonicalFileName(under, name), name]));
    if ([...names].some(([canonical, name]) => canonical !== name)) {
      reporter.exact(`${line}: written back, canonical names`, written!.names.toSorted(), [...names.keys()].sort());
      const pairs = await Promise.all([...names].map(([canonical, name]) =>
        Promise.all([written!.float32(canonical), original!.float32(name)])));
      const error = Math.max(...pairs.map(([actual, expected]) => largestDifference(actual.data, expected.data)));
      reporter.measure(`${line}: written back, largest difference`, { error, tolerance: 0 });
      return;
    }
    const [bytes, expected] = await Promise.all(paths.map((path) => readFile(path)));
    reporter.measure(`${line}: written back, largest byte difference`, {
      error: largestDifference(bytes ?? [], expected ?? [NaN]), tolerance: 0,
    });
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** How the model calls a tensor that a file may call otherwise. */
export function canonicalNameOf({ model }: ModelUnderTest, name: string): string {
  return model.canonicalName?.(name) ?? name;
}

const adapterPrefix = 'base_model.model.';

function canonicalFileName(under: ModelUnderTest, name: string): string {
  return adapterPrefix + canonicalNameOf(under, name.slice(adapterPrefix.length));
}

async function checkForwardPass(check: AdapterCheck, sharedPrefix: boolean, tensors: TensorFile | undefined): Promise<void> {
  const { line, reporter, posts } = check;
  const title = `${line}, ${prefixTitle(sharedPrefix)}`;
  const { loss, logits } = await evaluate({ ...check, sharedPrefix });
  reporter.measure(`${title}: loss`, { error: relativeError(loss, check.loss), tolerance: tolerances.loss });
  if (tensors === undefined) return;
  const error = tensorError(await selectRows(logits, posts, tensors), await expectedLogits(tensors));
  reporter.measure(`${title}: logits`, { error, tolerance: tolerances.tensor });
}

/** Loss and gradients of a training step. */
export async function checkGradients(check: TrainingCheck, sharedPrefix: boolean, tensors: TensorFile, expectedNorm: number | undefined): Promise<void> {
  const { line, under, reporter, adapted } = check;
  const title = `${line}, ${prefixTitle(sharedPrefix)}`;
  const { feeds } = await packPosts({ ...check, sharedPrefix });
  const session = await adapted.createSession(trainingGraphOf({ ...check, sharedPrefix, gradients: true }));
  const { loss } = await session.run({ feeds, outputs: ['loss'], gradients: 'write' });
  await session.release();
  reporter.measure(`${title}: training loss`, { error: relativeError(floats(loss).data[0] ?? NaN, check.loss), tolerance: tolerances.loss });

  const gradients = gradientsByFileName(adapted);
  const pairs = new Map<string, readonly [Float32Array, Float32Array]>();
  for (const tensor of tensors.names.filter((each) => each.startsWith('grad.'))) {
    const name = canonicalFileName(under, tensor.slice('grad.'.length));
    pairs.set(name, [gradients.get(name) ?? new Float32Array(), (await tensors.float32(tensor)).data]);
  }
  reporter.exact(`${title}: gradient names`, [...gradients.keys()].sort(), [...pairs.keys()].sort());
  const errors = gradientErrors(pairs);
  const [worst, worstNorm] = [worstOf(errors.entry), worstOf(errors.norm)];
  const note = (name: string): string => `of ${pairs.size} tensors, ${name.replace('base_model.model.', '')}`;
  reporter.measure(`${title}: gradients, worst entry`, { error: worst.error, tolerance: tolerances.tensor, note: note(worst.name) });
  reporter.measure(`${title}: gradients, worst norm`, { error: worstNorm.error, tolerance: tolerances.tensor, note: note(worstNorm.name) });
  reporter.measure(`${title}: gradients, all as one`, { error: normError(pairs.values()), tolerance: tolerances.tensor });
  if (expectedNorm === undefined) return;
  const norm = Math.sqrt([...gradients.values()].reduce((sum, data) => sum + data.reduce((part, entry) => part + entry * entry, 0), 0));
  reporter.measure(`${title}: gradient norm`, { error: relativeError(norm, expectedNorm), tolerance: tolerances.tensor });
}

function gradientsByFileName({ parameters }: AdaptedModel): Map<string, Float32Array> {
  const tensors = [...(parameters?.gradients ?? [])].map(
    ([name, data]): [string, FloatTensor] => [name, { type: 'float32', shape: [data.length], data }]);
  return new Map([...toFileTensors({ parameters: new Map(tensors) })].map(([name, { data }]) => [name, data]));
}

/** The merged weights, and a plain model on them. */
async function checkMerging({ line, under, reporter, adapter, posts }: AdapterCheck, tensors: TensorFile): Promise<void> {
  const merged = mergeAdapter(adapter);
  const weights: Record<string, FloatTensor> = {};
  for (const name of under.checkpoint.tensors.keys()) {
    if (merged.isChanged(name)) weights[name] = merged.merge(name, await under.checkpoint.readTensor(name));
  }
  for (const name of tensors.names.filter((entry) => entry.startsWith('merged.'))) {
    const actual = weights[canonicalNameOf(under, name.slice('merged.'.length))]?.data ?? [];
    const error = tensorError(actual, (await tensors.float32(name)).data);
    reporter.measure(`${line}: ${name}`, { error, tolerance: tolerances.tensor });
  }
  const overrides = await under.runtime.loadTensors({ tensors: weights });
  const adapted = await adaptModel({ under, overrides });
  const { logits } = await evaluate({ under, adapted, posts, sharedPrefix: false });
  const error = tensorError(await selectRows(logits, posts, tensors), await expectedLogits(tensors));
  reporter.measure(`${line}: merged model, logits`, { error, tolerance: tolerances.tensor });
  overrides.release();
}

/** Expected logits are stored for some of the label rows only. */
export async function selectRows(logits: FloatTensor, posts: readonly GoldenPost[], tensors: TensorFile): Promise<Float32Array> {
  const [rows = 0, width = 0] = logits.shape;
  const places = new Map(labelRowsOf(posts).map((pair, row) => [pair.join(), row]));
  if (places.size !== rows) throw new Error(`${rows} rows of logits for ${places.size} label tokens`);
  const wanted = (await tensors.int64('label_rows')).data;
  const selected = Array.from({ length: wanted.length / 2 }, (_, index) => {
    const row = places.get(`${wanted[2 * index]},${wanted[2 * index + 1]}`) ?? NaN;
    return [...logits.data.subarray(row * width, (row + 1) * width)];
  });
  return Float32Array.from(selected.flat());
}

async function expectedLogits(tensors: TensorFile): Promise<Float32Array> {
  return (await tensors.float32('label_logits')).data;
}
