import { kernelCode } from './kernel-code.ts';

/** The functions of wasm/kernel.wat, which also says what they read and write. All places are in bytes. */
export interface Kernel {
  readonly roundBlocks: (
    source: number, blocks: number, length: number, divisor: number, zero: number, target: number, scales: number,
  ) => void;
  readonly roundNf4: (source: number, blocks: number, target: number, scales: number) => void;
  readonly joinHalves: (source: number, length: number, target: number) => void;
  readonly widenBfloat16: (source: number, length: number, target: number) => void;
  readonly transposeBytes: (source: number, rows: number, length: number, zero: number, target: number) => void;
  /** What the functions work on. */
  readonly buffer: ArrayBuffer;
}

/** As much of WebAssembly as is used here; Node's type declarations leave it out. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

type KernelExports = Omit<Kernel, 'buffer'> & {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
};

const pageBytes = 65_536;

let kept: KernelExports | undefined;

/**
 * Lends the kernel with at least so many bytes of memory, until the caller returns to the event loop or borrows again. What
 * the memory holds is left from before.
 *
 * One instance is kept for the thread, because each takes gigabytes of addresses. Nothing outside the borrower's own calls can tell.
 */
export function borrowKernel(byteLength: number): Kernel {
  const { memory, ...functions } = (kept ??= createInstance());
  const missing = byteLength - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  return { ...functions, buffer: memory.buffer };
}

function createInstance(): KernelExports {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
  return new Instance(new Module(Buffer.from(kernelCode, 'base64'))).exports as KernelExports;
}
