const marker = Symbol.for('mmhs.error');

/** Everything an {@link MmhsError} says besides its one-sentence message. */
export interface MmhsErrorDetails {
  /** Where it happened: `file:row:column`, a tensor's name, a flag. */
  readonly where?: string;
  /** What was found there. */
  readonly got?: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What the reader can do about it. */
  readonly fix?: string;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * The base of every error this project throws: a stable `code`, and a message that says what happened, where, what was
 * found, what was expected and how to fix it.
 *
 * @example
 * throw new MmhsError('MMHS_DATA_MISSING_COLUMN', 'A column is missing', {
 *   where: 'train.csv:1', got: '"txt", "labels"', expected: 'a column named "text"', fix: 'pass --text_column txt',
 * });
 */
export class MmhsError extends Error {
  override readonly name: string = 'MmhsError';
  /** A stable, documented identifier, such as `MMHS_DATA_MISSING_COLUMN`. */
  readonly code: string;
  /** The parts of the message, for programs. */
  readonly details: MmhsErrorDetails;
  /** @internal */
  readonly [marker] = true;

  constructor(code: string, message: string, details: MmhsErrorDetails = {}) {
    super(describe(message, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** Whether `value` is an MmhsError, also one thrown by another copy of this package. */
  static isInstance(value: unknown): value is MmhsError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}

function describe(message: string, details: MmhsErrorDetails): string {
  const parts = [details.where === undefined ? message : `${details.where}: ${message}`];
  if (details.got !== undefined) parts.push(`got ${details.got}`);
  if (details.expected !== undefined) parts.push(`expected ${details.expected}`);
  const sentence = parts.join('; ');
  return details.fix === undefined ? sentence : `${sentence}. To fix: ${details.fix}`;
}
