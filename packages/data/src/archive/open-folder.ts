import { copyFile, link, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { entryTooLarge } from './entry-errors.ts';
import { identifyRaw, type RawFiles } from './raw-files.ts';

const filesAtOnce = 256;

/** The files of a folder; placing makes hard links, or copies where the disk has none. @internal */
export async function openFolder(folder: string): Promise<RawFiles> {
  const files = new Map<string, number>();
  const ignored: { path: string; reason: string }[] = [];
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(
    (entry) => !entry.isDirectory() && !entry.name.startsWith('.'),
  );
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')).sort();
  for (let start = 0; start < paths.length; start += filesAtOnce) {
    const some = paths.slice(start, start + filesAtOnce);
    // Symbolic links are followed: that is how the Hub's cache stores files.
    const found = await Promise.all(some.map((path) => stat(join(folder, path)).catch(() => undefined)));
    for (const [index, path] of some.entries()) {
      const target = found[index];
      if (target?.isFile() === true) files.set(path, target.size);
      else if (target?.isDirectory() !== true) ignored.push({ path, reason: 'not a file' });
    }
  }
  return {
    name: folder,
    files,
    ignored,
    identity: await identifyRaw(folder),
    canLinkTo: async (other) => (await stat(folder)).dev === (await stat(other)).dev,
    async read(path, { maxBytes }) {
      const bytes = files.get(path) ?? 0;
      if (bytes > maxBytes) throw entryTooLarge(`${folder}/${path}`, bytes, maxBytes);
      return readFile(join(folder, path));
    },
    async place(path, target) {
      const source = join(folder, path);
      await link(source, target).catch(() => copyFile(source, target));
    },
    close: async () => undefined,
  };
}
