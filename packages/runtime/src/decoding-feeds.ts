import { MmhsError, type EncodedPost, type FloatTensor, type Tensor, type VlmModel } from '@mmhs/core';

/** Attention orders that make padding see nothing new and be seen by nobody (docs/graph-contract.md). */
const paddedQueryOrder = 2 ** 30;
const hiddenKeyOrder = 2 ** 30 + 1;

/** What a decoder remembers of each sample between steps. */
export interface DecodingState {
  readonly batch: number;
  /** Attention order of all keys so far, `[batch][keys]`. */
  readonly keyOrder: number[][];
  /** Position of the next token of each sample. */
  readonly nextPosition: number[];
  /** Attention order of the next token of each sample. */
  readonly nextOrder: number[];
}

/**
 * The prompts of a batch, padded on the right, as the prefill graph takes them.
 *
 * @throws MmhsError `MMHS_GENERATE_IMAGES` when a prompt's image tokens are not as many as its image features.
 */
export function prefillFeeds(options: {
  readonly model: VlmModel;
  readonly posts: readonly EncodedPost[];
  readonly imageFeatures: readonly (FloatTensor | undefined)[];
}): { readonly feeds: Record<string, Tensor>; readonly state: DecodingState } {
  const { model, posts, imageFeatures } = options;
  const batch = posts.length;
  const query = Math.max(...posts.map(({ promptLength }) => promptLength));
  const rows = batch * query;
  const ids = new BigInt64Array(rows).fill(BigInt(model.padTokenId));
  const positions = new BigInt64Array(model.positionRows * rows);
  const queryOrder = new BigInt64Array(rows).fill(BigInt(paddedQueryOrder));
  const keyOrder = posts.map(() => new Array<number>(query).fill(hiddenKeyOrder));
  const spliceRows = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row));
  const features = joinFeatures(model.hiddenSize, imageFeatures);

  let imageRow = rows;
  posts.forEach((post, sample) => {
    const { inputIds, positionIds, attentionOrder, promptLength } = post;
    const firstImageRow = imageRow;
    for (let token = 0; token < promptLength; token += 1) {
      const row = sample * query + token;
      ids[row] = BigInt(inputIds[token] as number);
      const order = attentionOrder[token] as number;
      queryOrder[row] = BigInt(order);
      (keyOrder[sample] as number[])[token] = order;
      for (let axis = 0; axis < model.positionRows; axis += 1) {
        positions[axis * rows + row] = BigInt(positionIds[axis * inputIds.length + token] as number);
      }
      if (inputIds[token] === model.imageTokenId) spliceRows[row] = BigInt(imageRow++);
    }
    checkImageTokens(sample, imageRow - firstImageRow, imageFeatures[sample]);
  });

  const lastRows = posts.map(({ promptLength }, sample) => sample * query + promptLength - 1);
  return {
    feeds: {
      input_ids: int64([batch, query], ids),
      position_ids: int64([model.positionRows, batch, query], positions),
      image_features: features,
      splice_rows: int64([batch, query], spliceRows),
      query_order: int64([batch, query], queryOrder),
      key_order: int64([batch, query], toBigInts(keyOrder.flat())),
      last_rows: int64([batch], toBigInts(lastRows)),
    },
    state: {
      batch,
      keyOrder,
      nextPosition: posts.map((post) => highest(promptPositions(post, model.positionRows)) + 1),
      nextOrder: posts.map(({ attentionOrder, promptLength }) => highest(attentionOrder.subarray(0, promptLength)) + 1),
    },
  };
}

/** One new token for each sample, as the step graph takes them, and the state advanced by it. */
export function stepFeeds(options: {
  readonly model: VlmModel;
  readonly state: DecodingState;
  readonly tokens: readonly number[];
}): Record<string, Tensor> {
  const { model, state, tokens } = options;
  const { batch, keyOrder, nextPosition, nextOrder } = state;
  const positions = Array.from({ length: model.positionRows }, () => nextPosition).flat();
  const orders = [...nextOrder];
  for (let sample = 0; sample < batch; sample += 1) {
    (keyOrder[sample] as number[]).push(nextOrder[sample] as number);
    nextPosition[sample] = (nextPosition[sample] as number) + 1;
    nextOrder[sample] = (nextOrder[sample] as number) + 1;
  }
  const keys = (keyOrder[0] as number[]).length;
  return {
    input_ids: int64([batch, 1], toBigInts(tokens)),
    position_ids: int64([model.positionRows, batch, 1], toBigInts(positions)),
    query_order: int64([batch, 1], toBigInts(orders)),
    key_order: int64([batch, keys], toBigInts(keyOrder.flat())),
    last_rows: int64([batch], BigInt64Array.from({ length: batch }, (_, sample) => BigInt(sample))),
  };
}

function joinFeatures(hiddenSize: number, parts: readonly (FloatTensor | undefined)[]): FloatTensor {
  const present = parts.filter((part) => part !== undefined);
  const rows = present.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  const data = new Float32Array(rows * hiddenSize);
  let offset = 0;
  for (const part of present) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { type: 'float32', shape: [rows, hiddenSize], data };
}

function checkImageTokens(sample: number, tokens: number, features: FloatTensor | undefined): void {
  const rows = features?.shape[0] ?? 0;
  if (tokens === rows) return;
  throw new MmhsError('MMHS_GENERATE_IMAGES', 'A prompt and its image features do not fit', {
    where: `posts[${sample}]`,
    got: `${tokens} image tokens`,
    expected: `${rows}, the rows of its image features`,
  });
}

function promptPositions({ inputIds, positionIds, promptLength }: EncodedPost, positionRows: number): Int32Array {
  const positions = new Int32Array(positionRows * promptLength);
  for (let axis = 0; axis < positionRows; axis += 1) {
    const start = axis * inputIds.length;
    positions.set(positionIds.subarray(start, start + promptLength), axis * promptLength);
  }
  return positions;
}

function highest(values: Int32Array): number {
  return values.reduce((largest, value) => Math.max(largest, value), -1);
}

function toBigInts(values: readonly number[]): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}

function int64(shape: readonly number[], data: BigInt64Array): Tensor {
  return { type: 'int64', shape, data };
}
