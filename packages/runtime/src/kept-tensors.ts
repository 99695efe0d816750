import type { ElementType } from '@mmhs/core';
import { Tensor as OrtTensor } from 'onnxruntime-node';
import type { BufferPool } from './buffer-pool.ts';
import { byteLengthOf, viewBuffer } from './typed-arrays.ts';

/** Pooled memory, of which tensors that grew out of each other use a beginning each. */
interface Store {
  readonly buffer: ArrayBuffer;
  /** Bytes of the longest of them. */
  used: number;
  users: number;
}

interface Kept {
  readonly tensor: OrtTensor;
  /** Undefined for memory of onnxruntime's own. */
  readonly store: Store | undefined;
}

/** Tensors that stay in the worker between runs, by number. */
export class KeptTensors {
  readonly #pool: BufferPool;
  readonly #kept = new Map<number, Kept>();

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Keeps a tensor; the pooled memory under it is taken over. */
  keep(id: number, tensor: OrtTensor, buffer: ArrayBuffer | undefined): void {
    this.#kept.set(id, { tensor, store: buffer && { buffer, used: byteLengthOf(tensor.type as ElementType, tensor.dims), users: 1 } });
  }

  /**
   * Keeps tensor `before` with `fresh` behind it along the first axis. `before` stays as it is; its memory is shared where there is
   * room behind it, so that a cache that grows token by token is not copied at each of them.
   */
  append(id: number, before: number, fresh: OrtTensor): OrtTensor {
    const former = this.#find(before);
    const type = former.tensor.type as ElementType;
    const dims = [(former.tensor.dims[0] ?? 0) + (fresh.dims[0] ?? 0), ...former.tensor.dims.slice(1)];
    const start = byteLengthOf(type, former.tensor.dims);
    const end = byteLengthOf(type, dims);
    const store = this.#roomBehind(former, start, end);
    new Uint8Array(store.buffer).set(bytesOf(fresh), start);
    store.used = end;
    store.users += 1;
    const tensor = new OrtTensor(type, viewBuffer(type, dims, store.buffer), dims);
    this.#kept.set(id, { tensor, store });
    return tensor;
  }

  /** @throws Error when it was released. */
  get(id: number): OrtTensor {
    return this.#find(id).tensor;
  }

  release(id: number): void {
    const store = this.#kept.get(id)?.store;
    this.#kept.delete(id);
    if (store === undefined) return;
    store.users -= 1;
    if (store.users === 0) this.#pool.giveBack(store.buffer);
  }

  #find(id: number): Kept {
    const kept = this.#kept.get(id);
    if (kept === undefined) throw new Error(`it was released (number ${id})`);
    return kept;
  }

  #roomBehind({ tensor, store }: Kept, start: number, end: number): Store {
    if (store !== undefined && store.used === start && end <= store.buffer.byteLength) return store;
    const buffer = this.#pool.take(end);
    new Uint8Array(buffer).set(bytesOf(tensor));
    return { buffer, used: start, users: 0 };
  }
}

function bytesOf(tensor: OrtTensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.data as ArrayBufferView;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
