import { GrowingText } from './growing-text.ts';

/**
 * The text of a value that is being read, most of which stands in the input as it is.
 *
 * It remembers where the value's text began and copies only at escapes and at the end of a piece of input, so that long
 * values cost no more than short ones.
 */
export class RawText {
  readonly #kept = new GrowingText();
  #start = 0;

  /** Begins with the input's character at `start`. */
  begin(start: number): void {
    this.#kept.clear();
    this.#start = start;
  }

  /** Length of the text when it goes on to `end`, exclusive. */
  lengthTo(end: number): number {
    return this.#kept.length + end - this.#start;
  }

  /** The first `length` characters. */
  first(input: string, length: number): string {
    const rest = input.slice(this.#start, this.#start + Math.max(0, length - this.#kept.length));
    return this.#kept.length === 0 ? rest : this.#kept.toString().slice(0, length) + rest;
  }

  /** Keeps the text up to `end` and leaves out what follows, until {@link resume}. */
  suspend(input: string, end: number): void {
    this.#kept.append(input.slice(this.#start, end));
  }

  /** Adds `text` and goes on with the input's character at `start`. */
  resume(text: string, start: number): void {
    this.#kept.append(text);
    this.#start = start;
  }
}
