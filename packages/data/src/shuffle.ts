import { createRandom, type Random } from '@mmhs/core';

/** The items in random order (Fisher and Yates); the input is left as it is. */
export function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = random.integer(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] as Item, shuffled[last] as Item];
  }
  return shuffled;
}

/**
 * A random subset of at most `count` items, in their original order. Subsets of the same seed are nested: a smaller one is
 * part of a larger one.
 */
export function takeSubset<Item>(options: {
  readonly items: readonly Item[];
  readonly count: number;
  readonly seed: number;
}): Item[] {
  const { items, count, seed } = options;
  const order = shuffle([...items.keys()], createRandom(seed)).slice(0, Math.max(0, count));
  return order.sort((a, b) => a - b).map((index) => items[index] as Item);
}
