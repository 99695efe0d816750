import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MmhsError } from '@mmhs/core';
import { verifyFile, type ExpectedFile } from './checksum.ts';
import { ConnectionError, describeCause } from './connection-error.ts';
import { checkDiskSpace } from './disk-space.ts';
import type { DownloadSource, Fetch } from './download-source.ts';
import { openBody, type OpenedBody } from './open-body.ts';
import { partialFile, sizeOf, type PartialFile } from './partial-file.ts';

/** How far a download is. */
export interface DownloadProgress {
  /** The file's name. */
  readonly file: string;
  readonly receivedBytes: number;
  /** Undefined while the server has not said. */
  readonly totalBytes: number | undefined;
}

/** Options of {@link downloadFile}. */
export interface DownloadFileOptions {
  readonly source: DownloadSource;
  /** The file to make; its folder is made too. */
  readonly path: string;
  readonly expected?: ExpectedFile;
  /** Connections in a row that may fail without a byte before it gives up. @default 6 */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; doubled each time, up to a minute. @default 1000 */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which a connection counts as broken. @default 60000 */
  readonly idleTimeout?: number;
  /** For proxies. @default the global fetch */
  readonly fetch?: Fetch;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Downloads a file; a broken connection is taken up where it broke, in this run or a later one.
 *
 * Until it is complete and checked the file is called `<path>.part`. A file that is there already stays as it is.
 *
 * @throws MmhsError `MMHS_DATA_DOWNLOAD` when the server refuses or every attempt fails; `MMHS_DATA_CHECKSUM` for the wrong
 * content; `MMHS_DATA_DISK_SPACE` before anything is written.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<void> {
  const { path, source, expected = {}, signal } = options;
  if (await stat(path).catch(() => undefined)) return;
  await mkdir(dirname(path), { recursive: true });
  const partial = partialFile(path);
  await receiveWithRetries(options, partial);
  try {
    await verifyFile({ path: partial.path, name: source.name, expected, signal });
  } catch (error) {
    if (MmhsError.isInstance(error) && error.code === 'MMHS_DATA_CHECKSUM') await partial.discard();
    throw error;
  }
  await rename(partial.path, path);
  await rm(`${partial.path}.json`, { force: true });
}

async function receiveWithRetries(options: DownloadFileOptions, partial: PartialFile): Promise<void> {
  const { attempts = 6, retryDelay = 1000, signal } = options;
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    const before = await sizeOf(partial.path);
    try {
      await receive(options, partial);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ConnectionError)) throw error;
      failures = (await sizeOf(partial.path)) > before ? 0 : failures + 1;
      if (failures >= attempts) throw gaveUp(options, error, attempts);
      const delay = error.retryAfter ?? Math.min(retryDelay * 2 ** failures, 60_000);
      await setTimeout(delay, undefined, signal === undefined ? {} : { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

function gaveUp({ source, path }: DownloadFileOptions, error: ConnectionError, attempts: number): MmhsError {
  return new MmhsError('MMHS_DATA_DOWNLOAD', 'The download does not get on', {
    where: source.name,
    got: `${describeCause(error)}, ${attempts} times in a row`,
    fix: `run it again: what has arrived is kept in ${path}.part and continued`,
    cause: error,
  });
}

/** One connection: from the first missing byte to the last. */
async function receive(options: DownloadFileOptions, partial: PartialFile): Promise<void> {
  const { source, expected = {}, idleTimeout = 60_000, signal } = options;
  const idle = createIdleGuard(idleTimeout, signal);
  try {
    const earlier = await partial.open(source.name);
    const body = await openBody({ ...options, ...earlier, fetch: options.fetch ?? fetch, signal: idle.signal });
    if (body === 'complete') return;
    if (body === 'changed') {
      await partial.discard();
      throw new ConnectionError('the file changed at its source');
    }
    checkTotal(source.name, body.totalBytes, expected.bytes);
    await checkDiskSpace({ folder: dirname(partial.path), neededBytes: (body.totalBytes ?? 0) - body.offset });
    await partial.describe({ source: source.name, validator: body.validator, totalBytes: body.totalBytes ?? null });
    await writeBody({ options, partial, body, signal: idle.signal, onBytes: idle.touch });
  } catch (error) {
    if (idle.expired()) throw new ConnectionError(`nothing arrived for ${idleTimeout / 1000} s`, { cause: error });
    throw error;
  } finally {
    idle.stop();
  }
}

async function writeBody({ options, partial, body, signal, onBytes }: {
  readonly options: DownloadFileOptions;
  readonly partial: PartialFile;
  readonly body: OpenedBody;
  readonly signal: AbortSignal;
  readonly onBytes: () => void;
}): Promise<void> {
  const { totalBytes } = body;
  const file = await open(partial.path, body.offset === 0 ? 'w' : 'a');
  let receivedBytes = body.offset;
  const report = (): void => options.onProgress?.({ file: basename(options.path), receivedBytes, totalBytes });
  try {
    report();
    for await (const chunk of readChunks(body, signal)) {
      onBytes();
      await file.writeFile(chunk);
      receivedBytes += chunk.byteLength;
      report();
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (totalBytes !== undefined && receivedBytes < totalBytes) {
    throw new ConnectionError(`the connection closed after ${receivedBytes} of ${totalBytes} bytes`);
  }
}

/**
 * Chunks of a body until it ends or `signal` is aborted. The body alone is not to be relied on: aborted just when its last
 * byte has come, it may never say that it has ended.
 */
async function* readChunks(body: OpenedBody, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = body.stream.getReader();
  const aborted = whenAborted(signal);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), aborted]).catch((cause: unknown) => {
        throw new ConnectionError('the connection broke', { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}

function checkTotal(name: string, total: number | undefined, expected: number | undefined): void {
  if (total === undefined || expected === undefined || total === expected) return;
  throw new MmhsError('MMHS_DATA_CHECKSUM', 'The file is not the expected one', {
    where: name,
    got: `${total} bytes`,
    expected: `${expected} bytes`,
  });
}

/** A signal that fires with the caller's, and when nothing has arrived for a while. */
function createIdleGuard(milliseconds: number, outer: AbortSignal | undefined): {
  readonly signal: AbortSignal;
  touch(): void;
  stop(): void;
  expired(): boolean;
} {
  const controller = new AbortController();
  let expired = false;
  const pass = (): void => controller.abort(outer?.reason);
  if (outer?.aborted === true) pass();
  outer?.addEventListener('abort', pass);
  const timer = globalThis.setTimeout(() => {
    expired = true;
    controller.abort();
  }, milliseconds);
  return {
    signal: controller.signal,
    touch: () => void timer.refresh(),
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', pass);
    },
    expired: () => expired,
  };
}
