import { MetricsError } from './errors.ts';

/**
 * Fleiss' kappa: agreement of raters beyond chance; 1 is perfect, 0 is chance.
 *
 * @param ratings - `[item][category]` counts of raters; every item has the same number of raters, at least two.
 * @returns NaN when all raters chose one and the same category everywhere.
 * @throws MetricsError `MMHS_METRICS_SHAPE` when items differ in their number of raters or categories.
 *
 * Source: Fleiss 1971, Psychological Bulletin 76(5).
 */
export function fleissKappa(ratings: readonly (readonly number[])[]): number {
  const categories = ratings[0]?.length ?? 0;
  const raters = add(ratings[0] ?? []);
  ratings.forEach((counts, item) => {
    if (counts.length === categories && add(counts) === raters && raters >= 2) return;
    throw new MetricsError('MMHS_METRICS_SHAPE', 'Items need the same categories and the same number of raters, two at least', {
      where: `ratings, item ${item}`,
      got: `${add(counts)} raters, ${counts.length} categories`,
      expected: `${Math.max(raters, 2)} raters, ${categories} categories`,
    });
  });
  const observed = add(ratings.map((counts) => (add(counts.map((count) => count * count)) - raters) / (raters * (raters - 1)))) / ratings.length;
  const shares = Array.from({ length: categories }, (_, category) => add(ratings.map((counts) => counts[category]!)) / (ratings.length * raters));
  const byChance = add(shares.map((share) => share * share));
  return (observed - byChance) / (1 - byChance);
}

/**
 * Krippendorff's alpha: agreement of raters beyond chance, with missing ratings and any distance between values.
 *
 * @param options.units - `[item][rater]` values; undefined where a rater gave none. Items with fewer than two are ignored.
 * @param options.distance - Squared difference of two values, 0 for equal ones. @default nominal: 0 or 1
 * @returns 1 for perfect agreement, 0 for chance; NaN when fewer than two values can be compared or none differ.
 *
 * Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
 */
export function krippendorffAlpha<Value>(options: {
  readonly units: readonly (readonly (Value | undefined)[])[];
  readonly distance?: (left: Value, right: Value) => number;
}): number {
  const { units, distance = (left: Value, right: Value) => (left === right ? 0 : 1) } = options;
  const pairable = units
    .map((values) => values.filter((value) => value !== undefined) as Value[])
    .filter((values) => values.length >= 2);
  const everything = countValues(pairable.flat());
  const size = add(pairable.map((values) => values.length));

  const observed = add(pairable.map((values) => spread(countValues(values), distance) / (values.length - 1))) / size;
  const expected = spread(everything, distance) / (size * (size - 1));
  return 1 - observed / expected;
}

function countValues<Value>(values: readonly Value[]): [Value, number][] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts];
}

/** Sum of the distances of all ordered pairs. */
function spread<Value>(counts: readonly [Value, number][], distance: (left: Value, right: Value) => number): number {
  return add(counts.flatMap(([left, many]) => counts.map(([right, more]) => many * more * distance(left, right))));
}

function add(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
