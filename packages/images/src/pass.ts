import type { Kernel } from './kernel.ts';

/** A picture in the kernel's memory. */
export interface KernelRows {
  /** Where its first row starts, in bytes. */
  readonly place: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** One direction of a resize: its memory is laid out, nothing has been computed. */
export interface Pass {
  readonly result: KernelRows;
  readonly run: (kernel: Kernel) => void;
}

/** The kernel reads and writes up to this many bytes beyond its rows. */
export const margin = 64;
