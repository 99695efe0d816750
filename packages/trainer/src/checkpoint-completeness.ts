import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { writeFileAtomically } from '@mmhs/runtime';
import { z } from 'zod';

/** Name of the file that says a checkpoint is whole: it lists every other file with its size and SHA-256. */
const completenessFile = 'complete.json';

const completenessSchema = z.object({
  version: z.literal(1),
  step: z.int().nonnegative(),
  files: z.array(z.object({ path: z.string(), bytes: z.int().nonnegative(), sha256: z.string() })),
});

type Completeness = z.infer<typeof completenessSchema>;

/** Flushes every file of a folder to the disk and writes the list of them as the last one. */
export async function writeCompleteness(folder: string, step: number): Promise<void> {
  const files: Completeness['files'] = [];
  for (const path of await filesBelow(folder)) {
    await flushFile(path);
    const { size } = await stat(path);
    files.push({ path: relative(folder, path).split(sep).join('/'), bytes: size, sha256: await hashFile(path) });
  }
  const text = `${JSON.stringify({ version: 1, step, files }, null, 2)}\n`;
  await writeFileAtomically({ path: join(folder, completenessFile), write: (file) => file.writeFile(text) });
  for (const subfolder of await foldersBelow(folder)) await flushFolder(subfolder);
}

/** What keeps a folder from being a whole checkpoint, or undefined when nothing does. */
export async function findDamage(folder: string, step?: number): Promise<string | undefined> {
  let complete: Completeness;
  try {
    complete = await readCompleteness(folder);
  } catch {
    return `no readable ${completenessFile}`;
  }
  if (step !== undefined && complete.step !== step) return `a checkpoint of step ${complete.step}`;
  for (const { path, bytes, sha256 } of complete.files) {
    const file = join(folder, path);
    const size = await stat(file).then((found) => found.size, () => undefined);
    if (size === undefined) return `no ${path}`;
    if (size !== bytes) return `${path} of ${size} instead of ${bytes} bytes`;
    if ((await hashFile(file)) !== sha256) return `${path} with another SHA-256`;
  }
  return undefined;
}

/** Reads the list of a folder's files. Throws when it is absent or not readable. */
export async function readCompleteness(folder: string): Promise<Completeness> {
  return completenessSchema.parse(JSON.parse(await readFile(join(folder, completenessFile), 'utf8')));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return [...entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name)), folder];
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function flushFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes renames inside a folder durable; Windows cannot open folders and needs no such call. */
export async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
