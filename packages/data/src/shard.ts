/**
 * Every `count`-th item from number `index` on (from 0): the part of worker `index` of `count`. The shards of all workers
 * hold every item exactly once and differ in size by at most one.
 *
 * @throws RangeError unless `count` is a positive integer and `index` one of 0..count-1.
 */
export function takeShard<Item>(options: {
  readonly items: readonly Item[];
  readonly index: number;
  readonly count: number;
}): Item[] {
  const { items, index, count } = options;
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`shard ${index} of ${count} does not exist`);
  }
  return items.filter((_, position) => position % count === index);
}
