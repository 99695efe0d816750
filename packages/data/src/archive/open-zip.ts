import { open, rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { MmhsError } from '@mmhs/core';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { entryDamaged, entryTooLarge } from './entry-errors.ts';
import { identifyRaw, type RawFiles } from './raw-files.ts';
import { checkZipSize, defaultZipLimits, whyNotEntry, type ZipLimits } from './zip-safety.ts';

/**
 * The files of a zip archive, read in place. Links and encrypted entries are ignored and listed; what a file unpacks to is
 * checked against its size and CRC-32.
 *
 * @throws MmhsError `MMHS_DATA_ARCHIVE` when it is not a whole zip file or has paths that lead out of its folder,
 * `MMHS_DATA_ARCHIVE_BOMB` for absurd contents.
 * @internal
 */
export async function openZip(path: string, limits: ZipLimits = defaultZipLimits): Promise<RawFiles> {
  const { size } = await stat(path);
  const zip = await openArchive(path);
  try {
    const { entries, ignored } = await readDirectory(zip, path);
    checkZipSize({ name: path, archiveBytes: size, entries: [...entries.values()], limits });
    const find = (name: string): Entry => {
      const entry = entries.get(name);
      if (entry === undefined) throw entryDamaged(`${path}!${name}`, 'no such entry');
      return entry;
    };
    return {
      name: path,
      files: new Map([...entries].map(([name, { uncompressedSize }]) => [name, uncompressedSize])),
      ignored,
      identity: await identifyRaw(path),
      canLinkTo: async () => false,
      async read(name, { maxBytes }) {
        const entry = find(name);
        if (entry.uncompressedSize > maxBytes) throw entryTooLarge(`${path}!${name}`, entry.uncompressedSize, maxBytes);
        const chunks: Buffer[] = [];
        for await (const chunk of readEntry(zip, entry, path)) chunks.push(chunk);
        return Buffer.concat(chunks);
      },
      place: (name, target) => unpack(readEntry(zip, find(name), path), target),
      async close() {
        zip.close();
      },
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function openArchive(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false });
  } catch (error) {
    throw notZip(path, error);
  }
}

async function readDirectory(zip: ZipFile, path: string): Promise<{
  readonly entries: Map<string, Entry>;
  readonly ignored: { path: string; reason: string }[];
}> {
  const entries = new Map<string, Entry>();
  const ignored: { path: string; reason: string }[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      const { fileName } = entry;
      if (fileName.endsWith('/') || fileName.startsWith('__MACOSX/')) continue;
      const reason = entries.has(fileName) ? 'there twice' : whyNotEntry(entry);
      if (reason === undefined) entries.set(fileName, entry);
      else ignored.push({ path: fileName, reason });
    }
  } catch (error) {
    throw notZip(path, error);
  }
  return { entries, ignored };
}

function notZip(path: string, cause: unknown): MmhsError {
  return new MmhsError('MMHS_DATA_ARCHIVE', 'The archive cannot be used', {
    where: path,
    got: cause instanceof Error ? cause.message : String(cause),
    expected: 'a whole zip file, whose paths stay inside it',
    fix: 'download it again, or pass a folder that it was unpacked to',
    cause,
  });
}

async function* readEntry(zip: ZipFile, entry: Entry, archive: string): AsyncGenerator<Buffer> {
  let checksum = 0;
  const where = `${archive}!${entry.fileName}`;
  try {
    const stream: Readable = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      checksum = crc32(chunk as Buffer, checksum);
      yield chunk as Buffer;
    }
  } catch (error) {
    throw entryDamaged(where, error instanceof Error ? error.message : String(error), error);
  }
  if (checksum !== entry.crc32) throw entryDamaged(where, 'another CRC-32 than its entry says');
}

async function unpack(chunks: AsyncIterable<Buffer>, target: string): Promise<void> {
  const file = await open(target, 'w');
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
  } catch (error) {
    // A damaged file may well have its full size, by which the next run would take it for whole.
    await rm(target, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
