import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { checksumError } from './hub-errors.ts';
import type { HubFile } from './hub-files.ts';

/** A file that is still arriving. */
export interface PartialFile {
  /** Bytes that are there. */
  readonly length: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Throws away what is there. */
  restart(): Promise<void>;
  /** Whether it is whole, with the right checksum. */
  isIntact(): boolean;
  /** Gives an intact file its final name; a damaged one is removed. */
  finish(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a partial file, with what an earlier try left in it.
 *
 * Bytes are written at their positions: should two processes fill one file after all, they write the same.
 *
 * @throws MmhsError `MMHS_HUB_CHECKSUM` from `append` and `finish`.
 */
export async function openPartialFile({ path, file }: { readonly path: string; readonly file: HubFile }): Promise<PartialFile> {
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o666);
  let hash = startChecksum(file);
  let length = 0;
  const restart = async (): Promise<void> => {
    await handle.truncate(0);
    hash = startChecksum(file);
    length = 0;
  };
  const checksum = (): string => hash.copy().digest('hex');
  const isIntact = (): boolean => length === file.size && checksum() === file.etag;
  const refuse = async (got: string): Promise<never> => {
    await rm(path, { force: true });
    throw checksumError(file, got);
  };
  try {
    length = await readInto(hash, handle, file.size + 1);
    if (length > file.size) await restart();
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    get length() {
      return length;
    },
    async append(bytes) {
      if (length + bytes.length > file.size) await refuse(`more than ${length} bytes`);
      for (let done = 0; done < bytes.length;) {
        done += (await handle.write(bytes, done, bytes.length - done, length + done)).bytesWritten;
      }
      hash.update(bytes);
      length += bytes.length;
    },
    restart,
    isIntact,
    async finish(finalPath) {
      if (!isIntact()) await refuse(`${length} bytes with checksum ${checksum()}`);
      await handle.datasync();
      await rename(path, finalPath);
    },
    close: () => handle.close(),
  };
}

/** Large files are known by their SHA-256, small ones by the SHA-1 that git gives them. */
function startChecksum({ etag, size }: HubFile): Hash {
  return etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

async function readInto(hash: Hash, handle: FileHandle, most: number): Promise<number> {
  const buffer = new Uint8Array(2 ** 20);
  let length = 0;
  while (length < most) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, most - length), length);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return length;
}
