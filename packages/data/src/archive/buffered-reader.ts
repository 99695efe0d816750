import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';

const blockBytes = 2 ** 20;

/**
 * Reads a zip file for yauzl through a block of memory: its directory is read in hundreds of thousands of pieces of a few
 * bytes, one after the other.
 *
 * @internal
 */
export class BufferedReader extends RandomAccessReader {
  readonly #file: FileHandle;
  #block = Buffer.alloc(0);
  #blockStart = 0;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    this.#copy(buffer, offset, length, position).then(() => callback(null), callback);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    // A stream of the handle's own would close it when it is destroyed.
    return Readable.from(this.#readRange(start, end), { objectMode: false });
  }

  /** Whoever opened the file closes it. */
  override close(callback: (error: Error | null) => void): void {
    setImmediate(callback, null);
  }

  async *#readRange(start: number, end: number): AsyncGenerator<Buffer> {
    for (let position = start; position < end; ) {
      const length = Math.min(blockBytes, end - position);
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(length), 0, length, position);
      if (bytesRead === 0) throw new Error('unexpected EOF');
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  async #copy(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    const start = position - this.#blockStart;
    if (start < 0 || start + length > this.#block.length) return this.#load(buffer, offset, length, position);
    this.#block.copy(buffer, offset, start, start + length);
  }

  async #load(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    const block = Buffer.alloc(Math.max(blockBytes, length));
    const { bytesRead } = await this.#file.read(block, 0, block.length, position);
    if (bytesRead < length) throw new Error('unexpected EOF');
    this.#block = block.subarray(0, bytesRead);
    this.#blockStart = position;
    this.#block.copy(buffer, offset, 0, length);
  }
}
