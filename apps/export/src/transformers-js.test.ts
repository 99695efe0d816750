import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type FloatTensor, type ProcessedImage, type RgbImage, type Tensor as OurTensor, type VlmFamily } from '@mmhs/core';
import { defineLoraConfig, initialiseAdapters, resolveAdapters, saveAdapter } from '@mmhs/lora';
import { createDecoder, createRuntime, generate, openCheckpointFolder, type Runtime } from '@mmhs/runtime';
import { exportModel, type ExportType } from '@mmhs/trainer';
import { AutoModelForImageTextToText, Tensor } from '@huggingface/transformers';
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
  const config = defineLoraConfig({ base_model_name_or_path: base, r: 4, lora_alpha: 32, target_modules: family.defaultTargetModules });
  const trainable = resolveAdapters({ linears, config, tensors });
  const parameters = initialiseAdapters({ trainable, linears, seed: 3, method: false });
  await saveAdapter({ folder, config, parameters, linears, tensors });
  return { parameters, trainable };
}

describe.each(cases)('$family in @huggingface/transformers', ({ family: name, checkpoint, className, inputs, imageSize = {} }) => {
  const base = join(demo, checkpoint);
  const family = families.find((one) => one.name === name) as VlmFamily;

  /** The answer and the first logits of our own runtime, and what to feed the library. */
  async function setUp() {
    const adapterFolder = join(root, name, 'adapter');
    const { parameters: values, trainable } = await writeAdapter(family, base, adapterFolder);
    const { files, tokenizer } = await openCheckpointFolder({ folder: base });
    const model = family.openModel(files);
    const processor = family.openProcessor({ files, tokenizer, imageSize });
    const image = processor.processImage(noise(90, 60, 1));
    const post = processor.encodePost({ prompt: { system: 'Label the fruit.', labelSet }, text: 'two pears', image });
    const weights = await runtime.loadCheckpoint({ folder: base, canonicalName: model.canonicalName });
    const parameters = await runtime.createParameters({
      specs: [...values].map(([parameter, { shape }]) => ({ name: parameter, type: 'float32' as const, shape })),
    });
    for (const [parameter, { data }] of values) parameters.values.get(parameter)?.set(data);
    parameters.markChanged();
    const vision = await runtime.createSession({ graph: model.visionGraph({ trainable: { adapters: new Map(), full: new Set() } }), weights });
    const { image_features: features } = await vision.run({ feeds: model.batchImages([image]) });
    const decoder = createDecoder({ runtime, model, trainable, weights, parameters });
    const feeds = { posts: [post], imageFeatures: [features as FloatTensor] };
    const [answer] = await generate({ decoder, ...feeds, maxNewTokens });
    const { logits } = await decoder.prefill({ ...feeds, wanted: [{ sample: 0, row: 0, tokens: [] }], logits: true, keep: false });
    const ids = [...post.inputIds];
    return {
      adapterFolder, ids, answer: answer?.ids ?? [], logits: logits?.data ?? new Float32Array(),
      feeds: {
        input_ids: int64(ids, [1, ids.length]), attention_mask: int64(ids.map(() => 1), [1, ids.length]), ...inputs(image),
      },
    };
  }

  async function exported(adapterFolder: string, types: readonly ExportType[]): Promise<string> {
    const folder = join(root, name, types.join('-'));
    await exportModel({ adapterFolder, modelFolder: null, families, folder, types });
    return folder;
  }

  const load = (folder: string, dtype: ExportType) => AutoModelForImageTextToText.from_pretrained(folder, { dtype, local_files_only: true });

  it('gives our answer and our logits for the same tensors', async () => {
    const { adapterFolder, ids, feeds, answer, logits } = await setUp();
    const folder = await exported(adapterFolder, ['fp32', 'fp16', 'q8', 'q4']);
    const model = await load(folder, 'fp32');
    expect(model.constructor.name).toBe(className);
    const sequence = await model.generate({ ...feeds, max_new_tokens: maxNewTokens, do_sample: false }) as Tensor;
    expect([...sequence.data].map(Number)).toEqual([...ids, ...answer]);
    const { logits: all } = await model(feeds) as { logits: Tensor };
    expect(all.dims).toEqual([1, ids.length, logits.length]);
    const last = (all.data as Float32Array).slice(-logits.length);
    expect(Math.max(...last.map((value, index) => Math.abs(value - (logits[index] as number))))).toBeLessThan(1e-4);
    await model.dispose();
  }, 60_000);
});
