import { MmhsError } from '@mmhs/core';
import { z } from 'zod';
import { findPath, type RawFiles } from '../archive/raw-files.ts';

const memeSchema = z.object({
  id: z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(/^[\w-]+$/, 'an identifier')),
  img: z.string('a path').regex(/^(?:.*\/)?[\w-]+(?:\.[\w-]+)*$/, 'a path of a picture'),
  text: z.string('a text'),
  label: z.union([z.literal(0), z.literal(1)], '0 or 1').nullish(),
  gold_pc: z.array(z.string()).optional(),
  gold_attack: z.array(z.string()).optional(),
});

/** A line of Hateful Memes or of its fine-grained labels. @internal */
export type Meme = z.output<typeof memeSchema>;

const maxTextBytes = 2 ** 28;

/**
 * Reads JSON Lines of memes: the first of several files that is there.
 *
 * @throws MmhsError `MMHS_DATA_RAW_FORMAT` when none of the files is there.
 * @internal
 */
export async function readMemes(
  raw: RawFiles,
  names: readonly string[],
): Promise<{ readonly memes: readonly Meme[]; readonly bad: readonly string[] }> {
  const path = names.map((name) => findPath(raw, name)).find((found) => found !== undefined);
  if (path === undefined) {
    throw new MmhsError('MMHS_DATA_RAW_FORMAT', 'A file of Hateful Memes is missing', {
      where: raw.name,
      got: `${raw.files.size} files, none of them ${names.join(' or ')}`,
      fix: 'pass the data set as published: img/ and its .jsonl files',
    });
  }
  const text = (await raw.read(path, { maxBytes: maxTextBytes })).toString('utf8').replace(/^\uFEFF/, '');
  const memes: Meme[] = [];
  const bad: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const meme = parseMeme(line);
    if (typeof meme === 'string') bad.push(`${path}:${index + 1} (${meme})`);
    else memes.push(meme);
  }
  return { memes, bad };
}

/** A meme, or what is wrong with the line. */
function parseMeme(line: string): Meme | string {
  try {
    const result = memeSchema.safeParse(JSON.parse(line));
    if (result.success) return result.data;
    return result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Paths of pictures by file name, which is their identifier in every copy. @internal */
export function indexPictures(raw: RawFiles): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of raw.files.keys()) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const known = found.get(name);
    if (/\.(?:png|jpe?g|webp|gif)$/i.test(name) && (known === undefined || path.length < known.length)) found.set(name, path);
  }
  return found;
}
