import { MmhsError, type FloatTensor, type Tensor, type VlmModel } from '@mmhs/core';
import { unseenOrder, type TokenRows } from './decoding-rows.ts';

/** Order of padding: it sees what has no end, so that its attention is over something. */
const paddingOrder = 2 ** 30;

/** Attention order and end of every cached key, `[sample][key]`. */
export interface CachedKeys {
  readonly orders: readonly Int32Array[];
  readonly ends: readonly Int32Array[];
}

/** A row whose next token is asked about. */
export interface WantedRow {
  readonly sample: number;
  /** Row among the sample's new tokens. */
  readonly row: number;
  /** Tokens whose log-probabilities are wanted. */
  readonly tokens: readonly number[];
}

/** What the `extend` graph is fed, the cache's tensors apart, and the keys there are afterwards. */
export interface ExtensionFeeds {
  readonly feeds: Record<string, Tensor>;
  readonly keys: CachedKeys;
}

/**
 * New tokens of a batch, padded on the right, as the `extend` graph takes them.
 *
 * @param options.imageFeatures rows for the image tokens of each sample; left out where no sample has a picture
 * @throws MmhsError `MMHS_GENERATE_IMAGES` when a sample's image tokens are not as many as its image features.
 */
export function extensionFeeds(options: {
  readonly model: VlmModel;
  readonly past: CachedKeys | undefined;
  readonly rows: readonly TokenRows[];
  readonly imageFeatures?: readonly (FloatTensor | undefined)[] | undefined;
  readonly wanted: readonly WantedRow[];
}): ExtensionFeeds {
  const { model, past, rows, imageFeatures, wanted } = options;
  const batch = rows.length;
  const query = Math.max(...rows.map(({ ids }) => ids.length));
  const keys = extendKeys(past, rows, query);
  const keyCount = keys.orders[0]?.length ?? 0;
  return {
    keys,
    feeds: {
      input_ids: int64([batch, query], pad(rows.map(({ ids }) => ids), query, model.padTokenId)),
      position_ids: int64([model.positionRows, batch, query], padPositions(rows, query, model.positionRows)),
      ...imageFeeds({ model, rows, query, imageFeatures }),
      query_order: int64([batch, query], pad(rows.map(({ orders }) => orders), query, paddingOrder)),
      key_order: int64([batch, keyCount], pad(keys.orders, keyCount, unseenOrder)),
      key_end: int64([batch, keyCount], pad(keys.ends, keyCount, unseenOrder)),
      ...wantedFeeds(wanted, query),
    },
  };
}

function extendKeys(past: CachedKeys | undefined, rows: readonly TokenRows[], query: number): CachedKeys {
  const extend = (before: Int32Array | undefined, fresh: Int32Array): Int32Array => {
    const length = before?.length ?? 0;
    const all = new Int32Array(length + query).fill(unseenOrder);
    if (before !== undefined) all.set(before);
    all.set(fresh, length);
    return all;
  };
  return {
    orders: rows.map(({ orders }, sample) => extend(past?.orders[sample], orders)),
    ends: rows.map(({ ends }, sample) => extend(past?.ends[sample], ends)),
  };
}

/** Image tokens take rows of the features, everything else its own embedding. */
function imageFeeds(options: {
  readonly model: VlmModel;
  readonly rows: readonly TokenRows[];
  readonly query: number;
  readonly imageFeatures: readonly (FloatTensor | undefined)[] | undefined;
}): Record<string, Tensor> {
  const { model, rows, query, imageFeatures } = options;
  const count = rows.length * query;
  const splice = BigInt64Array.from({ length: count }, (_, row) => BigInt(row));
  let imageRow = count;
  // Tokens that the model wrote itself are never pictures.
  if (imageFeatures !== undefined) {
    rows.forEach(({ ids }, sample) => {
      const first = imageRow;
      ids.forEach((id, row) => {
        if (id === model.imageTokenId) splice[sample * query + row] = BigInt(imageRow++);
      });
      checkImageTokens(sample, imageRow - first, imageFeatures[sample]);
    });
  }
  return {
    image_features: joinFeatures(model.hiddenSize, imageFeatures ?? []),
    splice_rows: int64([rows.length, query], splice),
  };
}

/** The graph wants at least one row and one token. */
function wantedFeeds(wanted: readonly WantedRow[], query: number): Record<string, Tensor> {
  const rows = wanted.length === 0 ? [0] : wanted.map(({ sample, row }) => sample * query + row);
  const choiceRows = wanted.flatMap(({ tokens }, place) => tokens.map(() => place));
  const choices = wanted.flatMap(({ tokens }) => tokens);
  const none = choices.length === 0;
  return {
    logit_rows: int64([rows.length], toBigInts(rows)),
    choice_rows: int64([none ? 1 : choices.length], toBigInts(none ? [0] : choiceRows)),
    choice_tokens: int64([none ? 1 : choices.length], toBigInts(none ? [0] : choices)),
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

function pad(lines: readonly Int32Array[], length: number, filling: number): BigInt64Array {
  const padded = new BigInt64Array(lines.length * length).fill(BigInt(filling));
  lines.forEach((line, index) => {
    for (let column = 0; column < line.length; column += 1) padded[index * length + column] = BigInt(line[column] as number);
  });
  return padded;
}

function padPositions(rows: readonly TokenRows[], query: number, positionRows: number): BigInt64Array {
  const axes = Array.from({ length: positionRows }, (_, axis) =>
    pad(rows.map(({ ids, positions }) => positions.subarray(axis * ids.length, (axis + 1) * ids.length)), query, 0));
  const padded = new BigInt64Array(positionRows * rows.length * query);
  axes.forEach((axis, index) => padded.set(axis, index * rows.length * query));
  return padded;
}

function toBigInts(values: readonly number[]): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}

function int64(shape: readonly number[], data: BigInt64Array): Tensor {
  return { type: 'int64', shape, data };
}
