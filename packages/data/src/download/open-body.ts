import { MmhsError } from '@mmhs/core';
import { ConnectionError, describeCause } from './connection-error.ts';
import type { DownloadSource, Fetch } from './download-source.ts';
import type { PartialState } from './partial-file.ts';

/** An answer with bytes to read. @internal */
export interface OpenedBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Place of its first byte in the file. */
  readonly offset: number;
  readonly totalBytes: number | undefined;
  /** ETag or Last-Modified to continue with later; null when the server gives none. */
  readonly validator: string | null;
}

/**
 * Asks for a file from `offset` on. `'complete'` when nothing is missing, `'changed'` when what was received before is of
 * another version of the file.
 *
 * @internal
 */
export async function openBody(options: {
  readonly source: DownloadSource;
  readonly offset: number;
  readonly state: PartialState | undefined;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
}): Promise<OpenedBody | 'complete' | 'changed'> {
  const { source, offset, state } = options;
  const response = await request(options);
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const rangeTotal = range?.[2] === undefined || range[2] === '*' ? undefined : Number(range[2]);
  if (response.status === 416) {
    await response.body?.cancel();
    const isComplete = offset > 0 && rangeTotal === offset && (state?.totalBytes ?? offset) === offset;
    return isComplete ? 'complete' : 'changed';
  }
  await checkAnswer(source.name, response);
  if (response.body === null) throw new ConnectionError('the answer is empty');
  const validator = validatorOf(response);
  if (response.status !== 206) {
    const length = response.headers.get('content-length');
    const totalBytes = length === null ? undefined : Number(length);
    return { stream: response.body, offset: 0, totalBytes, validator };
  }
  const knownTotal = state?.totalBytes ?? rangeTotal;
  const sameTotal = rangeTotal === undefined || knownTotal === rangeTotal;
  if (Number(range?.[1]) !== offset || !sameTotal) {
    await response.body.cancel();
    return 'changed';
  }
  return { stream: response.body, offset, totalBytes: rangeTotal, validator };
}

async function request(options: Parameters<typeof openBody>[0]): Promise<Response> {
  const { source, offset, state, fetch, signal } = options;
  try {
    const { url, headers } = await source.resolve({ fetch, signal });
    // Compressed transfer would make byte positions meaningless.
    const range = offset === 0 ? {} : { range: `bytes=${offset}-`, ...(state?.validator && { 'if-range': state.validator }) };
    return await fetch(url, { headers: { 'accept-encoding': 'identity', ...headers, ...range }, signal });
  } catch (error) {
    if (MmhsError.isInstance(error) || error instanceof ConnectionError) throw error;
    throw new ConnectionError(describeCause(error), { cause: error });
  }
}

/** Weak ETags do not promise equal bytes. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}

/**
 * Throws unless a server sent a file.
 *
 * @internal
 */
async function checkAnswer(name: string, response: Response): Promise<void> {
  const { status, headers } = response;
  const isPage = headers.get('content-type')?.startsWith('text/html') === true;
  if (response.ok && !isPage) return;
  await response.body?.cancel();
  if (status === 408 || status === 429 || status >= 500) {
    throw new ConnectionError(`the server answered ${status}`, { retryAfter: retryAfterOf(headers.get('retry-after')) });
  }
  throw new MmhsError('MMHS_DATA_DOWNLOAD', 'The server does not give the file', {
    where: name,
    got: response.ok ? 'a web page instead of a file' : `status ${status}`,
    fix: fixFor(status),
  });
}

function fixFor(status: number): string {
  if (status === 401 || status === 403) return 'set HF_TOKEN for the Hub (and accept the terms on its page), or download by hand';
  return 'check the address, or download by hand and pass the file as the archive';
}

/** Seconds or a date, as milliseconds of at most five minutes. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(milliseconds, 0), 300_000);
}
