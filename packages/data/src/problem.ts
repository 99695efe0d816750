import type { MmhsError } from '@mmhs/core';

/** Something wrong with the data that a policy told us to live with; reported, never hidden. */
export interface DataProblem {
  /** What was affected: the whole row, one of its labels, or its picture. */
  readonly kind: 'row' | 'label' | 'image';
  /** Code of the error the same finding raises under the `'error'` policy. */
  readonly code: string;
  /** `file:line:column` for rows and labels, `file:line` for pictures. */
  readonly where: string;
  /** What is wrong, in one line. */
  readonly reason: string;
}

/** @internal */
export function toProblem(kind: DataProblem['kind'], error: MmhsError): DataProblem {
  return { kind, code: error.code, where: error.details.where ?? '', reason: error.message };
}
