import { MmhsError } from '@mmhs/core';
import type { PlainError } from './messages.ts';

/** An error as data that can be sent to another thread. */
export function toPlainError(error: unknown): PlainError {
  if (!MmhsError.isInstance(error)) {
    return { code: undefined, message: error instanceof Error ? (error.stack ?? error.message) : String(error), details: {} };
  }
  const { cause: _, ...details } = error.details;
  return { code: error.code, message: error.message, details };
}

/** The error again. */
export function fromPlainError({ code, message, details }: PlainError): Error {
  if (code === undefined) return new Error(message);
  // The message already tells the details: they are added afterwards, so as not to be told twice.
  return Object.assign(new MmhsError(code, message), { details });
}

/** Entries with their errors as data. */
export function withPlainErrors<Entry extends object>(entries: readonly Entry[]): unknown[] {
  return entries.map((entry) => ('error' in entry ? { ...entry, error: toPlainError(entry.error) } : entry));
}

/** Entries with their errors again. */
export function withErrors(entries: readonly object[]): unknown[] {
  return entries.map((entry) => ('error' in entry ? { ...entry, error: fromPlainError(entry.error as PlainError) } : entry));
}
