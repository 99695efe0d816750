import { createRandom } from '@mmhs/core';
import { shuffle } from './shuffle.ts';

/** Batches sorted together: more give less padding and less mixing. */
const batchesPerBucket = 50;

/**
 * Cuts sample indices into batches of similar length, so that little is padded: a random order is cut into buckets of 50
 * batches, each bucket is sorted by length and cut into batches, and the batches are put in random order.
 *
 * The result depends on `seed` and `epoch` alone. Every index occurs once; one batch may be smaller.
 *
 * @param options.lengths - Length of each sample, in any unit.
 * @param options.dropLast - Leave out a batch that is not full. Default false.
 */
export function lengthBucketBatches(options: {
  readonly lengths: ArrayLike<number>;
  readonly batchSize: number;
  readonly seed: number;
  readonly epoch: number;
  readonly dropLast?: boolean;
}): number[][] {
  const { lengths, batchSize, seed, epoch, dropLast = false } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new RangeError(`batchSize ${batchSize} is not a positive integer`);
  const random = createRandom([seed, epoch]);
  const order = shuffle(Array.from(lengths, (_, index) => index), random);
  const batches = chunk(order, batchSize * batchesPerBucket).flatMap((bucket) =>
    chunk(
      bucket.sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0)),
      batchSize,
    ),
  );
  const kept = dropLast ? batches.filter((batch) => batch.length === batchSize) : batches;
  return shuffle(kept, random);
}

function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
