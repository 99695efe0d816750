/** Rows that have the same numbers of gold, predicted and common labels. */
export interface RowGroup {
  readonly gold: number;
  readonly predicted: number;
  readonly common: number;
  /** Sum of the weights of these rows. */
  readonly weight: number;
}

// Up to 31 labels: 32^3 cells of 8 bytes, 256 KiB.
const largestDenseTable = 32 ** 3;

/**
 * Counts rows by their numbers of gold, predicted and common labels.
 *
 * All metrics that look at a row as a whole depend on these three numbers alone, so that this small table replaces the
 * rows, whatever the zero-division policy or beta asked for later.
 */
export class RowTally {
  readonly columns: number;
  readonly #dense: Float64Array | undefined;
  readonly #sparse = new Map<number, number>();

  constructor(columns: number) {
    this.columns = columns;
    const cells = (columns + 1) ** 3;
    this.#dense = cells <= largestDenseTable ? new Float64Array(cells) : undefined;
  }

  /** Counts a row. */
  add(gold: number, predicted: number, common: number, weight: number): void {
    const size = this.columns + 1;
    const key = (gold * size + predicted) * size + common;
    if (this.#dense === undefined) this.#sparse.set(key, (this.#sparse.get(key) ?? 0) + weight);
    else this.#dense[key]! += weight;
  }

  /** The groups that have rows, in a fixed order. */
  groups(): RowGroup[] {
    const size = this.columns + 1;
    const entries =
      this.#dense === undefined
        ? [...this.#sparse].sort(([left], [right]) => left - right)
        : [...this.#dense.entries()].filter(([, weight]) => weight !== 0);
    return entries.map(([key, weight]) => ({
      gold: Math.floor(key / (size * size)),
      predicted: Math.floor(key / size) % size,
      common: key % size,
      weight,
    }));
  }
}
