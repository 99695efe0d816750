import { existsSync } from 'node:fs';

import { largestDifference, tolerances } from '../compare.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import type { GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { openTensorFile } from '../tensor-file.ts';
import { imageTokensOf, pixelValuesOf } from './preprocess.ts';

/** Encodes the samples that all checks of the model use: ids, label mask, pixels, and the checkpoint's tensors. */
export async function checkSamples(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  const known = new Set(under.model.tensors.map(({ name }) => name));
  const present = new Set(under.checkpoint.tensors.keys());
  reporter.exact(`${under.name} model: missing tensors`, [...known].filter((name) => !present.has(name)), []);
  reporter.exact(`${under.name} model: unexpected tensors`, [...present].filter((name) => !known.has(name)), []);
  const inputsPath = under.path('inputs.safetensors');
  const inputs = existsSync(inputsPath) ? await openTensorFile(inputsPath) : undefined;
  for (const { expected, image, encoded } of posts) {
    const line = `${under.name} sample ${expected.index}`;
    const { inputIds, promptLength } = encoded;
    const labels = inputIds.map((id, index) => (index < promptLength ? -100 : id));
    reporter.exact(`${line}: ids`, inputIds, expected.input_ids);
    reporter.exact(`${line}: label mask`, labels, expected.label_ids);
    reporter.exact(`${line}: image tokens`, image.featureRows, imageTokensOf(expected.image_info));
    const pixels = `sample.${expected.index}.pixel_values`;
    if (inputs?.has(pixels) !== true) continue;
    const error = largestDifference(pixelValuesOf(image).data, (await inputs.float32(pixels)).data);
    reporter.measure(`${line}: pixels`, { error, tolerance: tolerances.pixel });
  }
}
