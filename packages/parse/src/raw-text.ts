/**
 * The text of a value that is being read, most of which stands in the input as it is.
 *
 * It remembers where the value's text began and copies only at escapes and at the end of a piece of input, so that long
 * values cost no more than short ones.
 */
export class RawText {
  #parts: string[] = [];
  #partsLength = 0;
  #start = 0;

  /** Begins with the input's character at `start`. */
  begin(start: number): void {
    if (this.#parts.length > 0) this.#parts = [];
    this.#partsLength = 0;
    this.#start = start;
  }

  /** Length of the text when it goes on to `end`, exclusive. */
  lengthTo(end: number): number {
    return this.#partsLength + end - this.#start;
  }

  /** The first `length` characters. */
  first(input: string, length: number): string {
    const rest = input.slice(this.#start, this.#start + Math.max(0, length - this.#partsLength));
    return this.#parts.length === 0 ? rest : this.#parts.join('').slice(0, length) + rest;
  }

  /** Keeps the text up to `end` and leaves out what follows, until {@link resume}. */
  suspend(input: string, end: number): void {
    this.#keep(input.slice(this.#start, end));
  }

  /** Adds `text` and goes on with the input's character at `start`. */
  resume(text: string, start: number): void {
    this.#keep(text);
    this.#start = start;
  }

  #keep(text: string): void {
    if (text === '') return;
    this.#parts.push(text);
    this.#partsLength += text.length;
  }
}
