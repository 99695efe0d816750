import { MmhsError, type EncodedPost, type FloatTensor, type Tensor } from '@mmhs/core';

/** A post of a micro-batch: its tokens, and its image features when the tower is frozen. */
export interface BatchItem {
  readonly post: EncodedPost;
  /** `[rows, hidden]`; undefined for a post without a picture, or when features are computed in the graph. */
  readonly imageFeatures: FloatTensor | undefined;
  /** Rows of image features the post's picture has. */
  readonly featureRows: number;
}

/** Feeds of the training graph (docs/graph-contract.md), and how many label tokens they hold. */
export interface PackedBatch {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly labelTokens: number;
  /** Packed rows. */
  readonly tokens: number;
}

/** Padding queries and keys have orders that nothing else has, so that padding is seen by nobody. */
const paddingQueryOrder = 2 ** 30;
const paddingKeyOrder = 2 ** 30 + 1;

/**
 * Packs posts into one list of rows: the instructions they share once, then each post's own tokens, without padding.
 *
 * @param imageTokenId id whose places take image features, in order.
 * @param sharedPrefix whether the graph was built for a shared prefix; the posts then begin with the same tokens.
 * @param lossScale factor on the summed loss: 1 / label tokens of the whole update.
 * @param imageTensors the family's image tensors of all pictures, for a graph that computes the features itself.
 */
export function packBatch(options: {
  readonly items: readonly BatchItem[];
  readonly imageTokenId: number;
  readonly sharedPrefix: boolean;
  readonly lossScale: number;
  readonly hiddenSize: number;
  readonly imageTensors?: Readonly<Record<string, Tensor>>;
}): PackedBatch {
  const { items, imageTokenId, sharedPrefix, imageTensors } = options;
  const posts = items.map((item) => item.post);
  const prefix = sharedPrefix ? checkSharedPrefix(posts) : 0;
  const rows = packedRows(posts, prefix);
  const attention = attentionRows(posts, prefix, rows.starts);
  const targets = labelRows(posts, prefix, rows.starts);
  const splice = spliceRows(rows.ids, items, imageTokenId, prefix);
  const integers = (data: readonly number[], shape: readonly number[]): Tensor =>
    ({ type: 'int64', shape, data: BigInt64Array.from(data, BigInt) });
  return {
    labelTokens: targets.labels.length,
    tokens: rows.ids.length,
    feeds: {
      input_ids: integers(rows.ids, [rows.ids.length]),
      position_ids: integers(rows.positions, [rows.positionRows, rows.ids.length]),
      ...(splice === undefined ? {} : {
        splice_rows: integers(splice, [splice.length]),
        ...(imageTensors ?? { image_features: joinFeatures(items, options.hiddenSize) }),
      }),
      ...(sharedPrefix ? {
        prefix_rows: integers(range(prefix), [prefix]),
        prefix_order: integers([...(posts[0]?.attentionOrder.subarray(0, prefix) ?? [])], [prefix]),
      } : {}),
      query_rows: integers(attention.queryRows, [posts.length, attention.queries]),
      query_order: integers(attention.queryOrder, [posts.length, attention.queries]),
      key_rows: integers(attention.keyRows, [posts.length, prefix + attention.queries]),
      key_order: integers(attention.keyOrder, [posts.length, prefix + attention.queries]),
      own_rows: integers(attention.ownRows, [attention.ownRows.length]),
      label_rows: integers(targets.rows, [targets.rows.length]),
      labels: integers(targets.labels, [targets.labels.length]),
      loss_scale: { type: 'float32', shape: [], data: Float32Array.of(options.lossScale) },
    },
  };
}

/** Length of the prefix all posts share; an error when they do not begin with the same tokens and positions. */
function checkSharedPrefix(posts: readonly EncodedPost[]): number {
  const [first, ...rest] = posts;
  if (first === undefined) return 0;
  const prefix = first.sharedPrefixLength;
  for (const post of rest) {
    const same = post.sharedPrefixLength === prefix
      && first.inputIds.subarray(0, prefix).every((id, index) => post.inputIds[index] === id);
    if (!same) {
      throw new MmhsError('MMHS_BATCH_PREFIX', 'Posts of one micro-batch begin with different instructions', {
        fix: 'encode all posts with the same prompt, or build the graph without a shared prefix',
      });
    }
  }
  return prefix;
}

/** Ids and positions of the packed rows, and the row at which each post's own tokens start. */
function packedRows(posts: readonly EncodedPost[], prefix: number) {
  const lengths = posts.map((post) => post.inputIds.length);
  const positionRows = posts[0] === undefined ? 1 : posts[0].positionIds.length / posts[0].inputIds.length;
  const ids: number[] = [...(posts[0]?.inputIds.subarray(0, prefix) ?? [])];
  const starts: number[] = [];
  for (const post of posts) {
    starts.push(ids.length);
    ids.push(...post.inputIds.subarray(prefix));
  }
  const positions: number[] = [];
  for (let row = 0; row < positionRows; row++) {
    posts.forEach((post, index) => {
      const length = lengths[index] ?? 0;
      const line = post.positionIds.subarray(row * length, (row + 1) * length);
      if (index === 0) positions.push(...line.subarray(0, prefix));
      positions.push(...line.subarray(prefix));
    });
  }
  return { ids, positions, positionRows, starts };
}

function attentionRows(posts: readonly EncodedPost[], prefix: number, starts: readonly number[]) {
  const queries = Math.max(...posts.map((post) => post.inputIds.length - prefix));
  const queryRows: number[] = [];
  const queryOrder: number[] = [];
  const keyRows: number[] = [];
  const keyOrder: number[] = [];
  const ownRows: number[] = [];
  posts.forEach((post, sample) => {
    const start = starts[sample] ?? 0;
    const own = post.inputIds.length - prefix;
    keyRows.push(...range(prefix));
    keyOrder.push(...post.attentionOrder.subarray(0, prefix));
    for (let index = 0; index < queries; index++) {
      const real = index < own;
      const order = post.attentionOrder[prefix + index] ?? 0;
      queryRows.push(real ? start + index : start);
      queryOrder.push(real ? order : paddingQueryOrder);
      keyRows.push(real ? start + index : start);
      keyOrder.push(real ? order : paddingKeyOrder);
      if (real) ownRows.push(sample * queries + index);
    }
  });
  return { queries, queryRows, queryOrder, keyRows, keyOrder, ownRows };
}

/** Token i of a target is predicted by the row before it. */
function labelRows(posts: readonly EncodedPost[], prefix: number, starts: readonly number[]) {
  const rows: number[] = [];
  const labels: number[] = [];
  posts.forEach((post, sample) => {
    for (let index = post.promptLength; index < post.inputIds.length; index++) {
      // An answer right after the shared instructions is predicted by their last row.
      rows.push(index > prefix ? (starts[sample] ?? 0) + index - prefix - 1 : index - 1);
      labels.push(post.inputIds[index] ?? 0);
    }
  });
  return { rows, labels };
}

/** For each packed row, itself or the image feature that replaces it; undefined when no post has a picture. */
function spliceRows(
  ids: readonly number[], items: readonly BatchItem[], imageTokenId: number, prefix: number,
): number[] | undefined {
  const rows = items.reduce((sum, item) => sum + item.featureRows, 0);
  let next = 0;
  const splice = ids.map((id, row) => (id === imageTokenId && row >= prefix ? ids.length + next++ : row));
  if (next !== rows) {
    throw new MmhsError('MMHS_BATCH_IMAGE_TOKENS', 'Image tokens and image features do not match', {
      got: `${next} image tokens and ${rows} feature rows`,
    });
  }
  return rows === 0 ? undefined : splice;
}

function joinFeatures(items: readonly BatchItem[], hiddenSize: number): Tensor {
  const parts = items.flatMap((item) => (item.imageFeatures === undefined ? [] : [item.imageFeatures]));
  const rows = parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0);
  const data = new Float32Array(rows * hiddenSize);
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { type: 'float32', shape: [rows, hiddenSize], data };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
