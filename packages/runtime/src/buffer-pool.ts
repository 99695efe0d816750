/** Reuses the memory of tensors that come and go, so that resident memory stays flat. */
export class BufferPool {
  /** Idle buffers, the longest unused first. */
  readonly #idle: ArrayBuffer[] = [];
  readonly #idleLimit: number;
  #idleBytes = 0;

  /** Keeps at most `idleLimit` bytes that nobody uses. */
  constructor({ idleLimit }: { readonly idleLimit: number }) {
    this.#idleLimit = idleLimit;
  }

  /** A buffer of at least this many bytes, with arbitrary content. */
  take(bytes: number): ArrayBuffer {
    const capacity = bucketOf(bytes);
    const found = this.#idle.findLastIndex((buffer) => buffer.byteLength === capacity);
    if (found < 0) return new ArrayBuffer(capacity);
    const [buffer] = this.#idle.splice(found, 1);
    this.#idleBytes -= capacity;
    return buffer as ArrayBuffer;
  }

  /** Takes a buffer back. */
  giveBack(buffer: ArrayBuffer): void {
    this.#idle.push(buffer);
    this.#idleBytes += buffer.byteLength;
    while (this.#idleBytes > this.#idleLimit) this.#idleBytes -= this.#idle.shift()?.byteLength ?? 0;
  }
}

/** The next of four steps between powers of two, so that a cache growing token by token finds buffers again. */
function bucketOf(bytes: number): number {
  if (bytes <= 64) return 64;
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}
