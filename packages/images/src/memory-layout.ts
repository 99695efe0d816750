/** Hands out places in a memory, one after the other. */
export interface MemoryLayout {
  /** The place of the next `byteLength` bytes, a multiple of 16. */
  readonly place: (byteLength: number) => number;
  /** Bytes handed out so far. */
  readonly byteLength: () => number;
}

/** Starts at place 0. */
export function createMemoryLayout(): MemoryLayout {
  let end = 0;
  return {
    place: (byteLength) => {
      const start = end;
      end = roundUp(start + byteLength, 16);
      return start;
    },
    byteLength: () => end,
  };
}

/** The smallest multiple of `step` that is not below `value`. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
