import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A zip file of these files, by path; folders of their own as paths that end with `/`. */
export async function makeZip(files: Readonly<Record<string, string | Uint8Array>>, options = { compress: true }): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    if (path.endsWith('/')) zip.addEmptyDirectory(path);
    else zip.addBuffer(Buffer.from(content), path, options);
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** Replaces a path inside a zip file by another one of the same length, in both of its headers. */
export function renameInZip(zip: Buffer, from: string, to: string): Buffer {
  if (from.length !== to.length) throw new Error('The names must be of the same length');
  return Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');
}
