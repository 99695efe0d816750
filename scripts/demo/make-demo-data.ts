/**
 * Writes the demo data set. Running it again gives the same files.
 *
 *   npx tsx --conditions=@mmhs/source scripts/demo/make-demo-data.ts [folder]
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePng } from './png.ts';
import { createDemoPosts, type DemoPost } from './posts.ts';
import { labelNames } from './vocabulary.ts';

/** The seed of the committed files. */
export const demoSeed = 20240501;

/** Name of a post's picture inside the data folder. */
export function picturePath(split: string, index: number): string {
  return `images/${split}-${String(index + 1).padStart(3, '0')}.png`;
}

/** Content of a split's CSV file. */
export function writeCsv(split: string, posts: readonly DemoPost[]): string {
  const rows = posts.map(({ text, labels }, index) => {
    const cell = labels.join(',');
    return `${text},${picturePath(split, index)},${cell.includes(',') ? `"${cell}"` : cell}\n`;
  });
  return `text,image_path,labels\n${rows.join('')}`;
}

async function makeDemoData(folder: string): Promise<void> {
  await rm(join(folder, 'images'), { recursive: true, force: true });
  await mkdir(join(folder, 'images'), { recursive: true });
  await writeFile(join(folder, 'class_names.txt'), `${labelNames.join('\n')}\n`);
  for (const [split, posts] of Object.entries(createDemoPosts(demoSeed))) {
    await writeFile(join(folder, `${split}.csv`), writeCsv(split, posts));
    for (const [index, post] of posts.entries()) {
      await writeFile(join(folder, picturePath(split, index)), encodePng(post.image));
    }
  }
}

if (import.meta.filename === process.argv[1]) {
  await makeDemoData(process.argv[2] ?? join(import.meta.dirname, '../../data/demo'));
}
