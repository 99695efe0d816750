import type { EncodedPost, FloatTensor } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBatch, type BatchItem } from './collate.ts';

const imageToken = 9;
const prefixLength = 3;

/** A post of the shared instructions, `images` image tokens, `text` words and `target` answer tokens. */
function makeItem({ images, text, target, start }: { images: number; text: number; target: number; start: number }): BatchItem {
  const ids = [
    1, 2, 3, ...new Array<number>(images).fill(imageToken), ...Array.from({ length: text + target }, (_, index) => 10 + start + index),
  ];
  const order = Int32Array.from(ids.keys());
  const features: FloatTensor = { type: 'float32', shape: [images, 2], data: new Float32Array(images * 2).fill(start) };
  return {
    post: {
      inputIds: Int32Array.from(ids),
      positionIds: order,
      attentionOrder: order,
      promptLength: ids.length - target,
      sharedPrefixLength: prefixLength,
      truncatedTextTokens: 0,
    } as EncodedPost,
    imageFeatures: images === 0 ? undefined : features,
    featureRows: images,
  };
}

const itemLists = fc.array(
  fc.record({
    images: fc.nat(4), text: fc.nat(6), target: fc.integer({ min: 1, max: 4 }), start: fc.integer({ min: 0, max: 90 }),
  }).map(makeItem),
  { minLength: 1, maxLength: 5 },
);

function pack(items: readonly BatchItem[], sharedPrefix: boolean) {
  const { feeds, ...rest } = packBatch({ items, imageTokenId: imageToken, sharedPrefix, lossScale: 0.5, hiddenSize: 2 });
  const numbers = (name: string): number[] => Array.from(feeds[name]?.data as BigInt64Array | Float32Array, Number);
  const rows = (name: string): number[][] => {
    const [, width = 1] = feeds[name]?.shape ?? [];
    const all = numbers(name);
    return Array.from({ length: all.length / width }, (_, row) => all.slice(row * width, (row + 1) * width));
  };
  return { feeds, numbers, rows, ...rest };
}

describe('packBatch', () => {
  it('lets every token see exactly its own post up to itself, with and without a shared prefix', () => {
    fc.assert(fc.property(itemLists, fc.boolean(), (items, sharedPrefix) => {
      const { numbers, rows } = pack(items, sharedPrefix);
      const ids = numbers('input_ids');
      const prefix = sharedPrefix ? prefixLength : 0;
      const [queryRows, queryOrder, keyRows, keyOrder] = ['query_rows', 'query_order', 'key_rows', 'key_order'].map(rows) as number[][][];
      items.forEach(({ post }, sample) => {
        const own = post.inputIds.length - prefix;
        for (let query = 0; query < own; query += 1) {
          const order = queryOrder?.[sample]?.[query] ?? -1;
          const seen = (keyRows?.[sample] ?? []).filter((_, key) => (keyOrder?.[sample]?.[key] ?? Infinity) <= order);
          expect(seen.map((row) => ids[row])).toEqual([...post.inputIds.subarray(0, prefix + query + 1)]);
          expect(ids[queryRows?.[sample]?.[query] ?? -1]).toBe(post.inputIds[prefix + query]);
        }
      });
    }));
  });

  it('has no padding rows: the instructions once, then what each post has of its own', () => {
    fc.assert(fc.property(itemLists, (items) => {
      const { numbers, tokens } = pack(items, true);
      const own = items.flatMap(({ post }) => [...post.inputIds.subarray(prefixLength)]);
      expect(numbers('input_ids')).toEqual([1, 2, 3, ...own]);
      expect(tokens).toBe(prefixLength + own.length);
      expect(numbers('own_rows')).toHaveLength(own.length);
    }));
  });

  it('predicts each answer token from the row before it', () => {
    fc.assert(fc.property(itemLists, fc.boolean(), (items, sharedPrefix) => {
      const { numbers, labelTokens } = pack(items, sharedPrefix);
      const targets = items.flatMap(({ post }) => [...post.inputIds.subarray(post.promptLength)]);
      expect(numbers('labels')).toEqual(targets);
      expect(labelTokens).toBe(targets.length);
      const ids = numbers('input_ids');
      const before = items.flatMap(({ post }) => [...post.inputIds.subarray(post.promptLength - 1, -1)]);
      expect(numbers('label_rows').map((row) => ids[row])).toEqual(before);
    }));
  });

  it('puts image features in the places of image tokens, in order', () => {
    const items = [{ images: 2, text: 1, target: 1, start: 5 }, { images: 0, text: 2, target: 1, start: 6 }, { images: 1, text: 0, target: 1, start: 7 }];
    const { numbers } = pack(items.map(makeItem), true);
    const ids = numbers('input_ids');
    const splice = numbers('splice_rows');
    expect(splice.filter((_, row) => ids[row] === imageToken)).toEqual([0, 1, 2].map((row) => ids.length + row));
    expect(splice.every((target, row) => ids[row] === imageToken || target === row)).toBe(true);
    expect(numbers('image_features')).toEqual([5, 5, 5, 5, 7, 7]);
  });

  it('leaves image inputs out when no post has a picture', () => {
    expect(Object.keys(pack([makeItem({ images: 0, text: 2, target: 1, start: 0 })], true).feeds)).not.toContain('splice_rows');
  });

  it('refuses posts with different instructions, and features that do not fit the tokens', () => {
    const [one, two] = [0, 1].map((start) => makeItem({ images: 1, text: 2, target: 1, start })) as [BatchItem, BatchItem];
    const other = { ...two, post: { ...two.post, inputIds: two.post.inputIds.with(1, 77) } };
    expect(() => pack([one, other], true)).toThrow(/different instructions/);
    expect(() => pack([{ ...one, featureRows: 2 }], true)).toThrow(/1 image tokens and 2 feature rows/);
  });
});
