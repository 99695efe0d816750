import { MmhsError } from '@mmhs/core';
import type { PlainError } from './messages.ts';

/** Turns an error into plain data for the other thread; anything but an MmhsError gets the given code and message. */
export function toPlainError(error: unknown, fallback: { readonly code: string; readonly message: string }): PlainError {
  if (MmhsError.isInstance(error)) {
    const { where, got, expected, fix } = error.details;
    const details = {
      ...(where === undefined ? {} : { where }),
      ...(got === undefined ? {} : { got }),
      ...(expected === undefined ? {} : { expected }),
      ...(fix === undefined ? {} : { fix }),
    };
    return { code: error.code, message: error.message, details, described: true };
  }
  return { ...fallback, described: false, details: { got: error instanceof Error ? error.message : String(error) } };
}
