import type { FloatTensor } from '@mmhs/core';

import { adaptModel, floats, packPosts, trainingGraphOf, type AdaptedModel } from '../adapted-model.ts';
import { relativeError, tensorError, tolerances } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import { labelRowsOf, pickPosts, type GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { forwardSchema } from '../schemas.ts';
import { openTensorFile, type TensorFile } from '../tensor-file.ts';

/** Runs the model without an adapter: image features, positions, loss, logits and hidden states at the label rows. */
export async function checkForward(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  const cases = await readJson(under.path('forward.json'), forwardSchema);
  const tensors = await openTensorFile(under.path('forward.safetensors'));
  const adapted = await adaptModel({ under });
  for (const [name, expected] of Object.entries(cases)) {
    const chosen = pickPosts(posts, expected.samples);
    const line = `${under.name} forward ${name}`;
    await reporter.group(line, async () => {
      await checkInputs({ line, name, posts: chosen, adapted, tensors, reporter });
      for (const sharedPrefix of prefixVariants(line, chosen, reporter)) {
        const title = `${line}, ${prefixTitle(sharedPrefix)}`;
        const { loss, logits, hidden, labelTokens } = await evaluate({ under, adapted, posts: chosen, sharedPrefix });
        reporter.exact(`${title}: label tokens`, labelTokens, expected.label_tokens);
        reporter.measure(`${title}: loss`, { error: relativeError(loss, expected.loss), tolerance: tolerances.loss });
        const wantedLogits = await expectedRows(tensors, name, 'logits', chosen);
        reporter.measure(`${title}: logits`, { error: tensorError(logits.data, wantedLogits), tolerance: tolerances.tensor });
        if (!tensors.has(`${name}.hidden`) && !tensors.has(`${name}.label_hidden`)) continue;
        const wantedHidden = await expectedRows(tensors, name, 'hidden', chosen);
        reporter.measure(`${title}: hidden`, { error: tensorError(hidden.data, wantedHidden), tolerance: tolerances.tensor });
      }
    });
  }
}

/** Both ways to run posts: with the instructions computed once, and without; the former only where a family can. */
export function prefixVariants(line: string, posts: readonly GoldenPost[], reporter: Reporter): boolean[] {
  if (posts.every(({ encoded }) => encoded.sharedPrefixLength > 0)) return [true, false];
  reporter.skip(`${line}, ${prefixTitle(true)}`, 'the family has no prefix that posts share');
  return [false];
}

/** How a line calls the variant. */
export function prefixTitle(sharedPrefix: boolean): string {
  return sharedPrefix ? 'shared prefix' : 'no shared prefix';
}

/** Loss, logits and hidden states at the label rows of some posts. */
export async function evaluate(options: {
  readonly under: ModelUnderTest;
  readonly adapted: AdaptedModel;
  readonly posts: readonly GoldenPost[];
  readonly sharedPrefix: boolean;
}): Promise<{ readonly loss: number; readonly logits: FloatTensor; readonly hidden: FloatTensor; readonly labelTokens: number }> {
  const { adapted } = options;
  const batch = await packPosts(options);
  const session = await adapted.createSession(trainingGraphOf({ ...options, gradients: false }));
  const { loss, logits, hidden } = await session.run({ feeds: batch.feeds });
  await session.release();
  return { loss: floats(loss).data[0] ?? NaN, logits: floats(logits), hidden: floats(hidden), labelTokens: batch.labelTokens };
}

async function checkInputs(options: {
  readonly line: string;
  readonly name: string;
  readonly posts: readonly GoldenPost[];
  readonly adapted: AdaptedModel;
  readonly tensors: TensorFile;
  readonly reporter: Reporter;
}): Promise<void> {
  const { line, name, posts, adapted, tensors, reporter } = options;
  reporter.exact(`${line}: label rows`, labelRowsOf(posts).flat(), (await tensors.int64(`${name}.label_rows`)).data);
  const { shape, data: expectedPositions } = await tensors.int64(`${name}.position_ids`);
  reporter.exact(`${line}: positions`, ...positionPairs(posts, expectedPositions, shape.at(-1) ?? 0));
  if (!tensors.has(`${name}.image_features`)) return;
  const features = await adapted.imageFeatures(posts.map(({ image }) => image));
  const expected = await tensors.float32(`${name}.image_features`);
  const actual = features.flatMap(({ data }) => [...data]);
  reporter.measure(`${line}: image features`, { error: tensorError(actual, expected.data), tolerance: tolerances.tensor });
}

/**
 * Positions of each post, actual and expected: `[rows, posts, length]`, or `[1, length]` for what all posts share.
 * Padded tokens have positions that nothing depends on.
 */
function positionPairs(
  posts: readonly GoldenPost[], expected: readonly number[], length: number,
): [actual: number[][], expected: number[][]] {
  const rows = (posts[0]?.encoded.positionIds.length ?? 0) / (posts[0]?.encoded.inputIds.length ?? 1);
  const stored = expected.length / length / rows;
  const actual = posts.map(({ encoded }) => [...encoded.positionIds]);
  const wanted = posts.map(({ encoded: { inputIds } }, post) => Array.from({ length: rows }, (_, row) => {
    const start = (row * stored + Math.min(post, stored - 1)) * length;
    return expected.slice(start, start + inputIds.length);
  }).flat());
  return [actual, wanted];
}

/** Expected rows at the label positions: stored as such, or taken from a tensor over all positions. */
async function expectedRows(tensors: TensorFile, name: string, what: string, posts: readonly GoldenPost[]): Promise<Float32Array> {
  if (tensors.has(`${name}.label_${what}`)) return (await tensors.float32(`${name}.label_${what}`)).data;
  const { shape, data } = await tensors.float32(`${name}.${what}`);
  const [, length = 0, width = 0] = shape;
  const rows = labelRowsOf(posts);
  const result = new Float32Array(rows.length * width);
  rows.forEach(([sample, token], row) => {
    const start = (sample * length + token) * width;
    result.set(data.subarray(start, start + width), row * width);
  });
  return result;
}
