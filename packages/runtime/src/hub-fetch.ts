import { refusedError, unreachableError, type HubTarget } from './hub-errors.ts';

/**
 * Makes the `fetch` for requests about one model. It signs those to the Hub itself, never those to another host, and throws
 * typed errors for refusals and failures; an unsatisfiable range (416) is left to the caller.
 */
export function createHubFetch(options: {
  readonly target: HubTarget;
  readonly token: string | undefined;
  /** Milliseconds for a request that brings no signal of its own. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}): typeof fetch {
  const { target, token, timeout, signal } = options;
  const { origin } = new URL(target.endpoint);
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init.headers);
    if (token !== undefined && new URL(url).origin === origin) headers.set('Authorization', `Bearer ${token}`);
    const stop = [init.signal ?? AbortSignal.timeout(timeout), ...(signal === undefined ? [] : [signal])];
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.any(stop) }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw unreachableError(target, describeFailure(cause), cause);
    });
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    throw refusedError(target, response);
  };
}

/** `fetch` itself only says that it failed; its cause says why. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
