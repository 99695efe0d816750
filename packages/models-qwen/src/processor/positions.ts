/** Rows and columns of a picture's image tokens. */
export interface TokenGrid {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Positions of multi-modal rotary embeddings, `[3, tokens]`: temporal, vertical, horizontal.
 *
 * A text token has the same number in all three. The tokens of a picture share their temporal number, and count rows and
 * columns from it; what follows continues after the larger of the two.
 *
 * @param options.grids - The grids of the pictures whose image tokens are among the ids, in order.
 */
export function multimodalPositions(options: {
  readonly ids: readonly number[];
  readonly imageTokenId: number;
  readonly grids: readonly TokenGrid[];
}): Int32Array {
  const { ids, imageTokenId, grids } = options;
  const positions = new Int32Array(3 * ids.length);
  const place = (index: number, ...numbers: readonly number[]): void =>
    numbers.forEach((number, row) => { positions[row * ids.length + index] = number; });
  let current = 0;
  let picture = 0;
  for (let index = 0; index < ids.length;) {
    const grid = ids[index] === imageTokenId ? grids[picture++] : undefined;
    if (grid === undefined) {
      place(index++, current, current, current);
      current += 1;
      continue;
    }
    for (let row = 0; row < grid.rows; row += 1) {
      for (let column = 0; column < grid.columns; column += 1) place(index++, current, current + row, current + column);
    }
    current += Math.max(grid.rows, grid.columns);
  }
  return positions;
}
