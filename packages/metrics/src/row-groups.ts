/** Rows that have the same numbers of gold, predicted and common labels. */
export interface RowGroup {
  readonly gold: number;
  readonly predicted: number;
  readonly common: number;
  /** Sum of the weights of these rows. */
  readonly weight: number;
}

/**
 * Counts rows by their numbers of gold, predicted and common labels.
 *
 * All metrics that look at a row as a whole depend on these three numbers alone, so that this small table replaces the
 * rows, whatever the zero-division policy or beta asked for later.
 */
export class RowGroupTable {
  readonly #size: number;
  readonly #weights = new Map<number, number>();

  constructor(columns: number) {
    this.#size = columns + 1;
  }

  /** Counts rows of one kind. */
  add(gold: number, predicted: number, common: number, weight: number): void {
    const key = (gold * this.#size + predicted) * this.#size + common;
    this.#weights.set(key, (this.#weights.get(key) ?? 0) + weight);
  }

  /** The groups that have rows, in a fixed order. */
  groups(): RowGroup[] {
    const size = this.#size;
    return [...this.#weights]
      .filter(([, weight]) => weight !== 0)
      .sort(([left], [right]) => left - right)
      .map(([key, weight]) => ({
        gold: Math.floor(key / (size * size)),
        predicted: Math.floor(key / size) % size,
        common: key % size,
        weight,
      }));
  }
}
