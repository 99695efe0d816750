import type { MmhsError } from '@mmhs/core';
import type { ResolvedColumns } from './columns.ts';

/** Cells of a row before validation. @internal */
export interface RawRow {
  /** Line of the file on which the row starts, from 1. */
  readonly line: number;
  readonly columns: ResolvedColumns;
  readonly text: unknown;
  readonly image: unknown;
  readonly labels: unknown;
  readonly id: unknown;
}

/** A row, or why it could not be taken apart. @internal */
export type RowResult = RawRow | { readonly error: MmhsError };
