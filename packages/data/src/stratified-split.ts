import { createRandom } from '@mmhs/core';
import { shuffle } from './shuffle.ts';

/**
 * Splits multi-label samples so that every part has about its share of every label, by iterative stratification (Sechidis,
 * Tsoumakas and Vlahavas 2011, https://doi.org/10.1007/978-3-642-23808-6_10): the rarest label is dealt out first, each sample to
 * the part that still wants most of it. Samples without labels are dealt out last. Ties are broken at random.
 *
 * @param options.labels - Labels of each sample.
 * @param options.shares - Relative sizes of the parts, such as `[0.8, 0.1, 0.1]`; they need not sum to 1.
 * @returns Sample indices of each part, ascending. Every index is in exactly one part.
 */
export function stratifiedSplit(options: {
  readonly labels: readonly (readonly string[])[];
  readonly shares: readonly number[];
  readonly seed: number;
}): number[][] {
  const { labels, shares, seed } = options;
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (shares.some((share) => !(share >= 0)) || !(total > 0) || !Number.isFinite(total)) {
    throw new RangeError(`shares ${JSON.stringify(shares)} are not non-negative numbers with a positive sum`);
  }
  const random = createRandom(seed);
  const fractions = shares.map((share) => share / total);
  const wantedSamples = fractions.map((fraction) => fraction * labels.length);
  const waiting = indexByLabel(labels, shuffle([...labels.keys()], random));
  const wantedByLabel = new Map(
    [...waiting].map(([label, indices]) => [label, fractions.map((fraction) => fraction * indices.size)]),
  );
  const parts: number[][] = shares.map(() => []);

  const place = (index: number, part: number): void => {
    parts[part]?.push(index);
    wantedSamples[part] = (wantedSamples[part] ?? 0) - 1;
    for (const label of new Set(labels[index])) {
      const wanted = wantedByLabel.get(label);
      if (wanted !== undefined) wanted[part] = (wanted[part] ?? 0) - 1;
      waiting.get(label)?.delete(index);
    }
  };
  const choosePart = (wanted: readonly number[]): number => {
    const open = [...wanted.keys()].filter((part) => (fractions[part] ?? 0) > 0);
    const best = largest(largest(open, wanted), wantedSamples);
    return best[random.integer(best.length)] ?? 0;
  };

  for (let rarest = rarestLabel(waiting); rarest !== undefined; rarest = rarestLabel(waiting)) {
    const wanted = wantedByLabel.get(rarest) ?? [];
    for (const index of [...(waiting.get(rarest) ?? [])]) place(index, choosePart(wanted));
    waiting.delete(rarest);
  }
  const unlabelled = [...labels.keys()].filter((index) => labels[index]?.length === 0);
  for (const index of shuffle(unlabelled, random)) place(index, choosePart(wantedSamples));
  return parts.map((part) => part.sort((a, b) => a - b));
}

function indexByLabel(labels: readonly (readonly string[])[], order: readonly number[]): Map<string, Set<number>> {
  const indices = new Map<string, Set<number>>();
  for (const index of order) {
    for (const label of labels[index] ?? []) {
      const known = indices.get(label);
      if (known === undefined) indices.set(label, new Set([index]));
      else known.add(index);
    }
  }
  return indices;
}

/** The label that fewest waiting samples have; of several, the first by code unit. */
function rarestLabel(waiting: ReadonlyMap<string, ReadonlySet<number>>): string | undefined {
  let rarest: string | undefined;
  for (const [label, { size }] of waiting) {
    const least = rarest === undefined ? Number.POSITIVE_INFINITY : (waiting.get(rarest)?.size ?? 0);
    if (size < least || (size === least && rarest !== undefined && label < rarest)) rarest = label;
  }
  return rarest;
}

/** Those of the parts that want most. Differences below a millionth of a sample are rounding. */
function largest(parts: readonly number[], wanted: readonly number[]): number[] {
  const most = Math.max(...parts.map((part) => wanted[part] ?? 0));
  return parts.filter((part) => (wanted[part] ?? 0) > most - 1e-6);
}
