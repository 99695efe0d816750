import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { CheckpointFiles, EncodedPost, ProcessedImage, Tensor, VlmModel } from '@mmhs/core';

import { createPaligemmaFamily } from '../family.ts';

/** What the reference (transformers 5.18, eager attention) computes for a post. */
export interface ReferencePost {
  readonly inputIds: readonly number[];
  readonly promptLength: number;
  /** At the rows that predict the answer. */
  readonly logits: readonly (readonly number[])[];
  /** Greedy continuation of the prompt, end tokens ignored. */
  readonly generated: readonly number[];
}

/** A tiny checkpoint with random weights, and what the reference computes with it for one picture and several posts. */
export interface ReferenceModel {
  readonly folder: string;
  readonly model: VlmModel;
  readonly image: ProcessedImage;
  readonly posts: readonly ReferencePost[];
}

/** Opens `gemma`, the first generation, or `gemma2-window`, whose posts are longer than its sliding window. */
export function openReferenceModel(name: 'gemma' | 'gemma2-window'): ReferenceModel {
  const folder = fileURLToPath(new URL(name, import.meta.url));
  const read = (file: string): unknown => JSON.parse(readFileSync(`${folder}/${file}.json`, 'utf8'));
  const { pixels, posts } = read('expected') as { readonly pixels: readonly number[]; readonly posts: readonly ReferencePost[] };
  // Generation is compared beyond the end token.
  const files = { config: read('config'), generationConfig: { eos_token_id: 1000 } } as CheckpointFiles;
  const data = Float32Array.from(pixels);
  return {
    folder,
    model: createPaligemmaFamily().openModel(files),
    image: { tensors: { pixel_values: { type: 'float32', shape: [1, 3, 8, 8], data } }, featureRows: 4, layout: undefined },
    posts,
  };
}

/** A post as the processor encodes it. */
export function encode({ inputIds, promptLength }: Pick<ReferencePost, 'inputIds' | 'promptLength'>): EncodedPost {
  const ids = Int32Array.from(inputIds);
  return {
    inputIds: ids,
    promptLength,
    sharedPrefixLength: 0,
    positionIds: ids.map((_, index) => index + 1),
    attentionOrder: ids.map((_, index) => Math.max(index, promptLength - 1)),
    truncatedTextTokens: 0,
  };
}

/** Feeds of the training graph for posts with the same picture (docs/graph-contract.md). */
export function packFeeds(posts: readonly EncodedPost[], imageTokenId: number, image: ProcessedImage): Record<string, Tensor> {
  const ids = posts.flatMap(({ inputIds }) => [...inputIds]);
  const starts = posts.map((_, post) => posts.slice(0, post).reduce((sum, { inputIds }) => sum + inputIds.length, 0));
  const query = Math.max(...posts.map(({ inputIds }) => inputIds.length));
  const table = (element: (post: EncodedPost, index: number, start: number) => number): Tensor => int64([posts.length, query],
    posts.flatMap((post, sample) => Array.from({ length: query }, (_, index) => element(post, index, starts[sample]!))));
  const rows = table(({ inputIds }, index, start) => start + Math.min(index, inputIds.length - 1));
  const answers = posts.flatMap(({ inputIds, promptLength }, post) =>
    Array.from({ length: inputIds.length - promptLength }, (_, index) => starts[post]! + promptLength + index));
  const pixels = posts.flatMap(() => [...image.tensors['pixel_values']!.data as Float32Array]);
  let next = 0;
  return {
    input_ids: int64([ids.length], ids),
    position_ids: int64([1, ids.length], posts.flatMap(({ positionIds }) => [...positionIds])),
    pixel_values: { type: 'float32', shape: [posts.length, 3, 8, 8], data: Float32Array.from(pixels) },
    splice_rows: int64([ids.length], ids.map((id, row) => (id === imageTokenId ? ids.length + next++ : row))),
    query_rows: rows,
    key_rows: rows,
    query_order: table(({ attentionOrder }, index) => attentionOrder[index] ?? 2 ** 30),
    key_order: table(({ attentionOrder }, index) => attentionOrder[index] ?? 2 ** 30 + 1),
    own_rows: int64([ids.length], posts.flatMap(({ inputIds }, post) => [...inputIds.keys()].map((index) => post * query + index))),
    label_rows: int64([answers.length], answers.map((row) => row - 1)),
    labels: int64([answers.length], answers.map((row) => ids[row]!)),
    loss_scale: { type: 'float32', shape: [], data: Float32Array.of(1 / answers.length) },
  };
}

function int64(shape: readonly number[], numbers: readonly number[]): Tensor {
  return { type: 'int64', shape, data: BigInt64Array.from(numbers, BigInt) };
}
