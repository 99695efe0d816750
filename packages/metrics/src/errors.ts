// The mark of every error of this project, shared through the registry of symbols.
const marker = Symbol.for('mmhs.error');

/** The parts of a {@link MetricsError}'s message, for programs. */
export interface MetricsErrorDetails {
  /** Where: a row, a column, an option. */
  readonly where?: string;
  readonly got?: string;
  readonly expected?: string;
}

/**
 * The error of this package: a stable `code` and a message that says what happened, where, what was found and what
 * was expected. It is an `MmhsError` to `MmhsError.isInstance` of `@mmhs/core`, without depending on that package.
 */
export class MetricsError extends Error {
  override readonly name: string = 'MetricsError';
  /** A stable identifier such as `MMHS_METRICS_SHAPE`. */
  readonly code: string;
  readonly details: MetricsErrorDetails;
  /** @internal */
  readonly [marker] = true;

  constructor(code: string, message: string, details: MetricsErrorDetails = {}) {
    const parts = [details.where === undefined ? message : `${details.where}: ${message}`];
    if (details.got !== undefined) parts.push(`got ${details.got}`);
    if (details.expected !== undefined) parts.push(`expected ${details.expected}`);
    super(parts.join('; '));
    this.code = code;
    this.details = details;
  }
}
