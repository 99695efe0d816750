import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw, type InputType, type ZlibOptions } from 'node:zlib';
import { MmhsError } from '@mmhs/core';
import { fromRandomAccessReaderPromise, type Entry, type ZipFile } from 'yauzl';
import { BufferedReader } from './buffered-reader.ts';
import { entryDamaged, entryTooLarge } from './entry-errors.ts';
import { identifyRaw, type RawFiles } from './raw-files.ts';
import { checkZipSize, defaultZipLimits, whyNotEntry, type ZipLimits } from './zip-safety.ts';

const inflate = promisify<InputType, ZlibOptions, Buffer>(inflateRaw);

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
  const archive = await openArchive(path, size);
  const close = async (): Promise<void> => {
    archive.zip.close();
    await archive.file.close();
  };
  try {
    const { entries, ignored } = await readDirectory(archive);
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
        for await (const chunk of readEntry(archive, entry)) chunks.push(chunk);
        return Buffer.concat(chunks);
      },
      place: (name, target) => unpack(readEntry(archive, find(name)), target),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface OpenedArchive {
  readonly path: string;
  readonly zip: ZipFile;
  readonly file: FileHandle;
}

async function openArchive(path: string, bytes: number): Promise<OpenedArchive> {
  const file = await open(path);
  try {
    return { path, file, zip: await fromRandomAccessReaderPromise(new BufferedReader(file), bytes, { autoClose: false }) };
  } catch (error) {
    await file.close();
    throw notZip(path, error);
  }
}

async function readDirectory({ zip, path }: OpenedArchive): Promise<{
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

/** Files up to this size are read in one piece, which takes a fraction of a stream's time. */
const pieceBytes = 2 ** 22;

async function* readEntry({ zip, file, path }: OpenedArchive, entry: Entry): AsyncGenerator<Buffer> {
  let checksum = 0;
  const where = `${path}!${entry.fileName}`;
  const isSmall = Math.max(entry.uncompressedSize, entry.compressedSize) <= pieceBytes;
  try {
    for await (const chunk of isSmall ? [await readPiece(file, entry)] : await zip.openReadStreamPromise(entry)) {
      checksum = crc32(chunk as Buffer, checksum);
      yield chunk as Buffer;
    }
  } catch (error) {
    throw entryDamaged(where, error instanceof Error ? error.message : String(error), error);
  }
  if (checksum !== entry.crc32) throw entryDamaged(where, 'another CRC-32 than its entry says');
}

const localHeaderBytes = 30;

/** A local header may hold other extra fields than the directory; usually they are no longer than this. */
const slackBytes = 64;

async function readPiece(file: FileHandle, entry: Entry): Promise<Buffer> {
  const { relativeOffsetOfLocalHeader: start, compressedSize, uncompressedSize } = entry;
  const guess = localHeaderBytes + entry.fileNameLength + entry.extraFieldLength + slackBytes + compressedSize;
  const piece = await readAt(file, start, guess);
  if (piece.length < localHeaderBytes || piece.readUInt32LE(0) !== 0x04034b50) throw new Error('its local header is damaged');
  const dataStart = localHeaderBytes + piece.readUInt16LE(26) + piece.readUInt16LE(28);
  const isInside = dataStart + compressedSize <= piece.length;
  const packed = isInside
    ? piece.subarray(dataStart, dataStart + compressedSize)
    : await readAt(file, start + dataStart, compressedSize);
  if (packed.length < compressedSize) throw new Error('the archive ends before the file does');
  // An inflater that comes to more than the entry's size gives up there.
  const isStored = entry.compressionMethod === 0;
  const content = isStored ? packed : await inflate(packed, { maxOutputLength: Math.max(uncompressedSize, 1) });
  if (content.length !== uncompressedSize) throw new Error(`${content.length} instead of ${uncompressedSize} bytes`);
  return content;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
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
