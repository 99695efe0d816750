import { isTransient, unreachableError, type HubTarget } from './hub-errors.ts';
import { describeFailure } from './hub-fetch.ts';
import type { HubFile } from './hub-files.ts';
import { openPartialFile, type PartialFile } from './hub-partial.ts';
import { pauseAfter, type Patience } from './hub-retry.ts';

/** What {@link transferFile} needs. */
export interface TransferOptions {
  readonly target: HubTarget;
  readonly fetch: typeof globalThis.fetch;
  readonly commit: string;
  readonly file: HubFile;
  /** Where the file goes; until it is whole it is beside it, with `.incomplete` after its name. */
  readonly path: string;
  readonly patience: Patience;
  /** Told how many bytes are there. */
  readonly onLength: (length: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads one file and checks it. Broken connections are continued where they broke, those of earlier processes too.
 *
 * The download functions of `@huggingface/hub` neither continue nor check, and keep whole files in memory.
 *
 * @throws MmhsError `MMHS_HUB_UNREACHABLE` after too many failures without a byte between, `MMHS_HUB_CHECKSUM`, and what a
 * refusal means.
 */
export async function transferFile(options: TransferOptions): Promise<void> {
  const { file, path, onLength } = options;
  const partial = await openPartialFile({ path: `${path}.incomplete`, file });
  try {
    onLength(partial.length);
    const isInherited = partial.length > 0;
    await fill(partial, options);
    // What an earlier process left may be the damaged part.
    if (isInherited && !partial.isIntact()) {
      await partial.restart();
      await fill(partial, options);
    }
    await partial.finish(path);
  } finally {
    await partial.close();
  }
}

async function fill(partial: PartialFile, options: TransferOptions): Promise<void> {
  const { file, patience, signal } = options;
  for (let failures = 0; partial.length < file.size;) {
    const before = partial.length;
    try {
      await receive(partial, options);
    } catch (error) {
      if (!isTransient(error)) throw error;
      failures = partial.length > before ? 1 : failures + 1;
      if (failures >= patience.tries) throw error;
      await pauseAfter(failures, patience, signal);
    }
  }
}

async function receive(partial: PartialFile, options: TransferOptions): Promise<void> {
  const { target, fetch, commit, file, patience, onLength, signal } = options;
  const watch = new AbortController();
  const silence = setTimeout(() => watch.abort(new Error(`no byte for ${patience.silence / 1000} s`)), patience.silence);
  try {
    const response = await fetch(`${target.endpoint}/${target.id}/resolve/${commit}/${encodeURIComponent(file.name)}`, {
      // Compressed answers have other lengths and ranges.
      headers: { 'Accept-Encoding': 'identity', ...(partial.length > 0 ? { Range: `bytes=${partial.length}-` } : {}) },
      signal: signal === undefined ? watch.signal : AbortSignal.any([watch.signal, signal]),
    });
    if (!isContinuation(response, partial.length)) await partial.restart();
    if (response.ok) {
      await readBody(response, options, async (bytes) => {
        silence.refresh();
        await partial.append(bytes);
        onLength(partial.length);
      });
    }
  } finally {
    clearTimeout(silence);
  }
  if (partial.length < file.size) throw unreachableError(target, `${partial.length} of ${file.size} bytes of ${file.name}`);
}

/** Whether an answer goes on where the partial file ends; a server may ignore ranges and send everything. */
function isContinuation({ status, headers }: Response, length: number): boolean {
  return status === 206 ? headers.get('Content-Range')?.startsWith(`bytes ${length}-`) === true : length === 0;
}

async function readBody(
  { body }: Response, { target, signal }: TransferOptions, onBytes: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const reader = body?.getReader();
  try {
    for (;;) {
      const part = await reader?.read().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw unreachableError(target, describeFailure(cause), cause);
      });
      if (part === undefined || part.done) return;
      await onBytes(part.value);
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}
