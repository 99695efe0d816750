/** A connection that broke or was refused for now: worth another try. @internal */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** Milliseconds the server asked to wait. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly retryAfter?: number | undefined } = {}) {
    super(message, { cause: options.cause });
    this.retryAfter = options.retryAfter;
  }
}

/** What went wrong underneath: `fetch failed` alone helps nobody. @internal */
export function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return cause === undefined || cause === '' ? error.message : `${error.message}: ${cause}`;
}
