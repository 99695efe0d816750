// Pieces are joined by so many, as a million single characters that wait to be joined take fifty times their memory.
const mostPieces = 1024;

/** Text that arrives in pieces, however small. */
export class GrowingText {
  #joined = '';
  #pieces: string[] = [];
  #length = 0;

  /** UTF-16 units so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds a piece at the end. */
  append(piece: string): void {
    if (piece === '') return;
    this.#length += piece.length;
    if (this.#pieces.push(piece) >= mostPieces) this.#join();
  }

  /** Starts anew. */
  clear(): void {
    if (this.#length === 0) return;
    this.#joined = '';
    this.#pieces = [];
    this.#length = 0;
  }

  /** The text so far. */
  toString(): string {
    if (this.#pieces.length > 0) this.#join();
    return this.#joined;
  }

  #join(): void {
    this.#joined += this.#pieces.join('');
    this.#pieces = [];
  }
}
