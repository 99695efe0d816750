import { kernelCode } from './kernel-code.ts';

/** The functions of wasm/kernel.wat, which also says what they read and write. All places and strides are in bytes. */
export interface KernelFunctions {
  readonly resizeRows: (
    source: number, sourceStride: number, target: number, targetStride: number,
    width: number, starts: number, weights: number, groups: number,
  ) => void;
  readonly resizeColumns: (
    source: number, sourceStride: number, target: number, length: number, weights: number, pairs: number,
  ) => void;
  readonly lookUp: (
    source: number, sourceStride: number, width: number, height: number,
    target: number, planeStride: number, tables: number,
  ) => void;
}

/** The kernel's functions and the memory they work on. Its contents are whatever the last borrower left. */
export interface Kernel extends KernelFunctions {
  readonly bytes: Uint8Array;
}

interface KernelInstance extends KernelFunctions {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
}

/** As much of WebAssembly as is used here; Node's type declarations leave it out. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const pageBytes = 65_536;
/** Memory beyond this is given back after use. */
const keptBytes = 64 * 2 ** 20;

let compiled: object | undefined;
let kept: KernelInstance | undefined;

/**
 * Lends the kernel with at least `byteLength` bytes of memory, until the caller returns to the event loop or borrows again.
 *
 * One instance is kept for the thread: making one costs more than resizing a small picture. Nothing outside the borrower's
 * own calls can tell.
 *
 * @throws RangeError when there is not so much memory.
 */
export function borrowKernel(byteLength: number): Kernel {
  const instance = byteLength > keptBytes ? createInstance() : (kept ??= createInstance());
  const missing = byteLength - instance.memory.buffer.byteLength;
  if (missing > 0) instance.memory.grow(Math.ceil(missing / pageBytes));
  const { resizeRows, resizeColumns, lookUp } = instance;
  return { resizeRows, resizeColumns, lookUp, bytes: new Uint8Array(instance.memory.buffer) };
}

function createInstance(): KernelInstance {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
  compiled ??= new Module(Buffer.from(kernelCode, 'base64'));
  return new Instance(compiled).exports as KernelInstance;
}
