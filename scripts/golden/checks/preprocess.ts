import type { FloatTensor, ProcessedImage } from '@mmhs/core';

import { largestDifference, tolerances } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import type { Reporter } from '../reporter.ts';
import { preprocessSchema, type ImageInfo, type PreprocessFile } from '../schemas.ts';
import { openTensorFile, type TensorFile } from '../tensor-file.ts';

/** Processes every picture with every setting: pixels before and after normalisation, image tokens, refusals. */
export async function checkPreprocess(under: ModelUnderTest, reporter: Reporter): Promise<void> {
  const file = await readJson(under.path('preprocess.json'), preprocessSchema);
  const tensors = await openTensorFile(under.path('preprocess.safetensors'));
  for (const expected of file.cases) {
    const line = `${under.name} preprocess ${expected.setting}|${expected.image}`;
    await reporter.group(line, async () => {
      const processor = under.processor(file.settings[expected.setting]);
      const picture = await under.pictures.get(expected.image);
      if (expected.error !== undefined) {
        await reporter.refused(line, () => processor.processImage(picture));
        return;
      }
      const processed = processor.processImage(picture);
      reporter.exact(`${line}: image tokens`, processed.featureRows, imageTokensOf(expected));
      await checkPixels({ file, expected, processed, tensors, reporter, line });
    });
  }
}

/** Image tokens of a picture, from whichever fields the reference's processor has. */
export function imageTokensOf({ tokens, tiles = 0, image_seq_len = 0 }: ImageInfo): number {
  return tokens ?? tiles * image_seq_len;
}

async function checkPixels(options: {
  readonly file: PreprocessFile;
  readonly expected: PreprocessFile['cases'][number];
  readonly processed: ProcessedImage;
  readonly tensors: TensorFile;
  readonly reporter: Reporter;
  readonly line: string;
}): Promise<void> {
  const { file, expected, processed, tensors, reporter, line } = options;
  const pixels = pixelValuesOf(processed);
  reporter.exact(`${line}: shape`, pixels.shape, expected.shape ?? []);
  if (expected.tensor_u8 === undefined) {
    // Of large pictures only the sum is stored.
    const sum = pixels.data.reduce((total, value) => total + value, 0);
    const tolerance = tolerances.pixel * pixels.data.length;
    reporter.measure(`${line}: sum`, { error: Math.abs(sum - (expected.sum ?? NaN)), tolerance });
    return;
  }
  const { data: levels, shape } = await tensors.uint8(expected.tensor_u8);
  const channelOf = channelFinder(shape);
  const recovered = pixels.data.map((value, index) => toLevel(value, channelOf(index), file));
  reporter.measure(`${line}: uint8`, { error: largestDifference(recovered, levels), tolerance: 0 });
  const normalised = Float32Array.from(levels, (level, index) => toFloat(level, channelOf(index), file));
  reporter.measure(`${line}: float`, { error: largestDifference(pixels.data, normalised), tolerance: tolerances.pixel });
  if (expected.tensor_float === undefined) return;
  const { data } = await tensors.float32(expected.tensor_float);
  reporter.measure(`${line}: stored float`, { error: largestDifference(pixels.data, data), tolerance: tolerances.pixel });
}

/** The processed pixels under the name they have in every family. */
export function pixelValuesOf({ tensors }: ProcessedImage): FloatTensor {
  const pixels = tensors['pixel_values'];
  if (pixels?.type === 'float32') return pixels;
  throw new Error(`the processed picture has no float32 pixel_values but ${Object.keys(tensors).join(', ')}`);
}

/** Pictures are `[..., 3, height, width]`, patches `[patches, 3 * size]`; both have whole planes of a channel. */
function channelFinder(shape: readonly number[]): (index: number) => number {
  const isPatches = shape.length === 2;
  const plane = isPatches ? (shape[1] ?? 0) / 3 : (shape.at(-1) ?? 0) * (shape.at(-2) ?? 0);
  return (index) => Math.floor(index / plane) % 3;
}

/** The reference's formula: the product in double, the rest in float32. */
function toFloat(level: number, channel: number, file: PreprocessFile): number {
  const centered = Math.fround(Math.fround(level * file.rescale_factor) - Math.fround(file.image_mean[channel] ?? NaN));
  return centered / Math.fround(file.image_std[channel] ?? NaN);
}

/** The level a normalised value came from. */
function toLevel(value: number, channel: number, file: PreprocessFile): number {
  return Math.round((value * (file.image_std[channel] ?? NaN) + (file.image_mean[channel] ?? NaN)) / file.rescale_factor);
}
