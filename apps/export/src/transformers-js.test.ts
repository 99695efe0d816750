import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type FloatTensor, type LinearPrecision, type ProcessedImage, type RgbImage, type Tensor as OurTensor, type VlmFamily, type VlmModel } from '@mmhs/core';
import { defineLoraConfig, initialiseAdapters, mergeAdapter, resolveAdapters, saveAdapter } from '@mmhs/lora';
import { createDecoder, createRuntime, generate, openCheckpointFolder, openCheckpointTensors, type CheckpointHandle, type Runtime } from '@mmhs/runtime';
import { exportModel, exportTypes, type ExportType } from '@mmhs/trainer';
import { AutoModelForImageTextToText, AutoProcessor, Tensor } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families } from './families.ts';

const demo = join(import.meta.dirname, '../../../data/demo');
const labelSet = ['Apples', 'Pears'];
const maxNewTokens = 8;
let root: string;
let runtime: Runtime;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mmhs-export-'));
  runtime = await createRuntime({ threads: 1 });
});
afterAll(async () => {
  await runtime.close();
  await rm(root, { recursive: true, force: true });
});

/** A picture of colourful noise. */
function noise(width: number, height: number, seed: number): RgbImage {
  const random = createRandom([seed, 'picture']);
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => Math.floor(256 * random.next())) };
}

/** What the library is fed besides the text, from what our processor made of a picture. */
type ToInputs = (image: ProcessedImage) => Record<string, Tensor>;

const int64 = (numbers: readonly number[], shape: number[]): Tensor => new Tensor('int64', BigInt64Array.from(numbers, BigInt), shape);

function floats(tensor: OurTensor | undefined): Tensor {
  if (tensor?.type !== 'float32') throw new TypeError('float32 pixels are needed');
  return new Tensor('float32', tensor.data, [...tensor.shape]);
}

const cases: readonly { readonly family: string; readonly checkpoint: string; readonly className: string; readonly inputs: ToInputs; readonly imageSize?: object }[] = [
  {
    family: 'smol',
    checkpoint: 'checkpoint',
    className: 'Idefics3ForConditionalGeneration',
    imageSize: { longestEdge: 128 },
    // One tile of padding after the real ones, as in a batch of pictures of different sizes.
    inputs: ({ tensors: { pixel_values: pixels } }) => {
      const [tiles = 0, , side = 0] = pixels?.shape ?? [];
      const padded = new Float32Array((tiles + 1) * 3 * side * side);
      padded.set(pixels?.data as Float32Array);
      const mask = Uint8Array.from({ length: (tiles + 1) * side * side }, (_, index) => (index < tiles * side * side ? 1 : 0));
      return {
        pixel_values: new Tensor('float32', padded, [1, tiles + 1, 3, side, side]),
        pixel_attention_mask: new Tensor('bool', mask, [1, tiles + 1, side, side]),
      };
    },
  },
  {
    family: 'qwen',
    checkpoint: 'checkpoint-qwen',
    className: 'Qwen2VLForConditionalGeneration',
    inputs: ({ tensors: { pixel_values: pixels }, layout }) => {
      const { gridHeight, gridWidth } = layout as { readonly gridHeight: number; readonly gridWidth: number };
      return { pixel_values: floats(pixels), image_grid_thw: int64([1, gridHeight, gridWidth], [1, 3]) };
    },
  },
  {
    family: 'paligemma',
    checkpoint: 'checkpoint-paligemma',
    className: 'PaliGemmaForConditionalGeneration',
    inputs: ({ tensors: { pixel_values: pixels } }) => ({ pixel_values: floats(pixels) }),
  },
];

/** A fresh adapter that changes the model's answers. */
async function writeAdapter(family: VlmFamily, base: string, folder: string): Promise<{
  readonly parameters: ReadonlyMap<string, FloatTensor>;
  readonly trainable: ReturnType<typeof resolveAdapters>;
}> {
  const { files } = await openCheckpointFolder({ folder: base });
  const { linears, tensors } = family.openModel(files);
  const config = defineLoraConfig({ base_model_name_or_path: base, r: 4, lora_alpha: 16, target_modules: family.defaultTargetModules });
  const trainable = resolveAdapters({ linears, config, tensors });
  const parameters = initialiseAdapters({ trainable, linears, seed: 3, method: false });
  await saveAdapter({ folder, config, parameters, linears, tensors });
  return { parameters, trainable };
}

/** The tensors that the adapter changes, with it. */
async function mergeWeights(folder: string, { canonicalName }: VlmModel, adapter: Parameters<typeof mergeAdapter>[0]): Promise<Record<string, FloatTensor>> {
  const base = await openCheckpointTensors({ folder, canonicalName });
  const merged = mergeAdapter(adapter);
  const names = [...base.tensors.keys()].filter((tensor) => merged.isChanged(tensor));
  return Object.fromEntries(await Promise.all(names.map(async (tensor) => [tensor, merged.merge(tensor, await base.readTensor(tensor))])));
}

describe.each(cases)('$family in @huggingface/transformers', ({ family: name, checkpoint, className, inputs, imageSize = {} }) => {
  const base = join(demo, checkpoint);
  const family = families.find((one) => one.name === name) as VlmFamily;
  let expected: Awaited<ReturnType<typeof askOurs>>;
  let folder: string;

  beforeAll(async () => {
    const adapterFolder = join(root, name, 'adapter');
    const adapter = await writeAdapter(family, base, adapterFolder);
    expected = await askOurs(adapter);
    folder = join(root, name, 'exported');
    await exportModel({ adapterFolder, modelId: null, families, folder, types: exportTypes });
  }, 60_000);

  /** Answers and their first logits from our own runtime in each precision, and what to feed the library. */
  async function askOurs(adapter: Awaited<ReturnType<typeof writeAdapter>>) {
    const { files, tokenizer } = await openCheckpointFolder({ folder: base });
    const model = family.openModel(files);
    const processor = family.openProcessor({ files, tokenizer, imageSize });
    const image = processor.processImage(noise(90, 60, 1));
    const post = processor.encodePost({ prompt: { system: 'Label the fruit.', labelSet }, text: 'an apple', image });
    const weights = await runtime.loadCheckpoint({ folder: base, canonicalName: model.canonicalName });
    const merged = await runtime.loadTensors({ tensors: await mergeWeights(base, model, adapter) });
    const trainable = { adapters: new Map(), full: new Set<string>() };
    const ask = async (handles: readonly CheckpointHandle[], precision: LinearPrecision = 'float32') => {
      const vision = await runtime.createSession({ graph: model.visionGraph({ trainable, precision }), weights: handles });
      const { image_features: features } = await vision.run({ feeds: model.batchImages([image]) });
      const decoder = createDecoder({ runtime, model, trainable, weights: handles, precision });
      const posts = { posts: [post], imageFeatures: [features as FloatTensor] };
      const [answer] = await generate({ decoder, ...posts, maxNewTokens });
      const { logits } = await decoder.prefill({ ...posts, wanted: [{ sample: 0, row: 0, tokens: [] }], logits: true, keep: false });
      return { answer: answer?.ids ?? [], logits: logits?.data ?? new Float32Array() };
    };
    const unadapted = await ask([weights]);
    const adapted = { fp32: await ask([merged, weights]), q8: await ask([merged, weights], 'weights-int8'), q4: await ask([merged, weights], 'weights-int4') };
    const ids = [...post.inputIds];
    const text = tokenizer.decode(ids, { keepSpecialTokens: true });
    return {
      ids, text, unadapted, ...adapted, fp16: adapted.fp32, padTokenId: model.padTokenId, images: inputs(image),
    };
  }

  /** What the library is fed, with tokens of padding on the left and some of an answer on the right. */
  function feeds(padding = 0, answer: readonly number[] = []): Record<string, Tensor> {
    const { padTokenId, images } = expected;
    const ids = [...expected.ids, ...answer];
    const length = padding + ids.length;
    const pads = Array.from({ length: padding }, () => padTokenId);
    return {
      input_ids: int64([...pads, ...ids], [1, length]), attention_mask: int64([...pads.map(() => 0), ...ids.map(() => 1)], [1, length]), ...images,
    };
  }

  const load = (dtype: ExportType) => AutoModelForImageTextToText.from_pretrained(folder, { dtype, local_files_only: true });

  it('gives our answer and our logits for the same tensors', async () => {
    const { ids, fp32: { answer, logits }, unadapted } = expected;
    expect(answer).not.toEqual(unadapted.answer);
    const model = await load('fp32');
    expect(model.constructor.name).toBe(className);
    const sequence = await model.generate({ ...feeds(), max_new_tokens: maxNewTokens, do_sample: false }) as Tensor;
    expect([...sequence.data].map(Number)).toEqual([...ids, ...answer]);
    for (const padding of [0, 3]) {
      const { logits: all } = await model(feeds(padding)) as { logits: Tensor };
      expect(all.dims).toEqual([1, padding + ids.length, logits.length]);
      expect(largestDifference(all, logits)).toBeLessThan(1e-4);
    }
    await model.dispose();
  }, 60_000);

  it.each(['fp16', 'q8', 'q4'] as const)('has nearly our logits with weights in %s', async (type) => {
    const model = await load(type);
    const { logits } = await model(feeds()) as { logits: Tensor };
    const ours = expected[type].logits;
    const spread = Math.max(...ours) - Math.min(...ours);
    // What linears do not take is rounded to 16 bits here; that may also tip a rounding to 8 bits.
    expect(largestDifference(logits, ours) / spread).toBeLessThan(0.02);
    expect(largestDifference(logits, expected.fp32.logits)).toBeGreaterThan(1e-5);
    const sequence = await model.generate({ ...feeds(), max_new_tokens: maxNewTokens, do_sample: false }) as Tensor;
    const answer = [...sequence.data].slice(expected.ids.length).map(Number);
    const clear = await countClear(model, expected[type].answer, 2 * largestDifference(logits, ours));
    expect(clear).toBeGreaterThan(0);
    expect(answer.slice(0, clear)).toEqual(expected[type].answer.slice(0, clear));
    await model.dispose();
  }, 60_000);

  /** Leading tokens of our answer that stand so far above the next best that other roundings cannot change them. */
  async function countClear(model: Awaited<ReturnType<typeof load>>, answer: readonly number[], margin: number): Promise<number> {
    // PaliGemma sees all that it is given at once as a prompt: only the first token can be looked at.
    const known = family.name === 'paligemma' ? [] : answer.slice(0, -1);
    const { logits } = await model(feeds(0, known)) as { logits: Tensor };
    const vocabulary = logits.dims[2] as number;
    const all = logits.data as Float32Array;
    const isUnclear = (step: number): boolean => {
      const start = (expected.ids.length - 1 + step) * vocabulary;
      const [best = 0, next = 0] = all.slice(start, start + vocabulary).sort().reverse();
      return best - next <= margin;
    };
    const unclear = [...known, 0].findIndex((_, step) => isUnclear(step));
    return unclear === -1 ? known.length + 1 : unclear;
  }

  it('is the same with weights in many files', async () => {
    const chunked = join(root, name, 'chunked');
    await exportModel({ adapterFolder: join(root, name, 'adapter'), modelId: null, families, folder: chunked, types: ['fp32'], chunkBytes: 200_000 });
    expect((await readdir(join(chunked, 'onnx'))).filter((file) => file.startsWith('decoder_model_merged.onnx_data')).length).toBeGreaterThan(2);
    const model = await AutoModelForImageTextToText.from_pretrained(chunked, { dtype: 'fp32', local_files_only: true });
    const { logits } = await model(feeds()) as { logits: Tensor };
    expect(largestDifference(logits, expected.fp32.logits)).toBeLessThan(1e-4);
    await model.dispose();
  }, 60_000);

  it('comes with a tokenizer that gives our tokens', async () => {
    const processor = await AutoProcessor.from_pretrained(folder, { local_files_only: true });
    const { input_ids: ids } = processor.tokenizer?.(expected.text, { add_special_tokens: true }) as { input_ids: Tensor };
    expect([...ids.data].map(Number)).toEqual(expected.ids);
  });
});

/** How far the last row of logits is from ours. */
function largestDifference({ data }: Tensor, ours: Float32Array): number {
  const last = (data as Float32Array).slice(-ours.length);
  return Math.max(...last.map((value, index) => Math.abs(value - (ours[index] as number))));
}

describe('the vision encoder of Qwen2-VL', () => {
  it('gives our image features of several pictures of different shapes at once', async () => {
    const base = join(demo, 'checkpoint-qwen');
    const family = families.find((one) => one.name === 'qwen') as VlmFamily;
    const { files, tokenizer } = await openCheckpointFolder({ folder: base });
    const model = family.openModel(files);
    const processor = family.openProcessor({ files, tokenizer });
    const images = [noise(60, 60, 1), noise(100, 30, 2), noise(40, 80, 3)].map((picture) => processor.processImage(picture));
    const grids = images.map(({ layout }) => layout as { readonly gridHeight: number; readonly gridWidth: number });
    expect(new Set(grids.map(({ gridHeight, gridWidth }) => gridHeight * gridWidth)).size).toBeGreaterThan(1);

    const weights = await runtime.loadCheckpoint({ folder: base, canonicalName: model.canonicalName });
    const vision = await runtime.createSession({ graph: model.visionGraph({ trainable: { adapters: new Map(), full: new Set() } }), weights });
    const feeds = model.batchImages(images);
    const { image_features: ours } = await vision.run({ feeds });

    const folder = join(root, 'pictures');
    await exportModel({ adapterFolder: null, modelId: base, families, folder, types: ['fp32'] });
    const theirs = await AutoModelForImageTextToText.from_pretrained(folder, { dtype: 'fp32', local_files_only: true });
    const features = await theirs.encode_image({
      pixel_values: floats(feeds['pixel_values']), image_grid_thw: int64(grids.flatMap(({ gridHeight, gridWidth }) => [1, gridHeight, gridWidth]), [grids.length, 3]),
    }) as Tensor;
    expect(features.dims).toEqual(ours?.shape);
    const difference = (features.data as Float32Array).map((value, index) => Math.abs(value - ((ours as FloatTensor).data[index] as number)));
    expect(Math.max(...difference)).toBeLessThan(1e-4);
    await theirs.dispose();
  }, 60_000);
});
