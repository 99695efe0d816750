/**
 * Time and memory of reading a large CSV file of tweet-like rows.
 *
 *   npx tsx --conditions=@mmhs/source bench/read-csv.ts [rows]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, readSamples } from '@mmhs/data';

const rows = Number(process.argv[2] ?? 150_000);
const labelSet = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];
const folder = await mkdtemp(join(tmpdir(), 'mmhs-bench-'));
const path = join(folder, 'train.csv');
await writeFile(path, makeCsv());
for (let run = 1; run <= 3; run += 1) {
  const start = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  for await (const _ of readSamples({ path, labelSet })) count += 1;
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const busy = ((user + system) / 1e6).toFixed(2);
  const megabytes = process.memoryUsage().rss / 2 ** 20;
  process.stdout.write(`run ${run}: ${count} rows in ${seconds.toFixed(2)} s (${busy} s of processor time), ${megabytes.toFixed(0)} MiB resident\n`);
}
await rm(folder, { recursive: true });

/** Sizes as in MMHS150K: texts of 80 to 130 characters, a third of them with quotes inside, 0.7 labels a row. */
function makeCsv(): string {
  const random = createRandom(1);
  const lines = Array.from({ length: rows }, (_, index) => {
    const extra = random.next() < 0.3 ? ' and ""quoted"" words, too' : '';
    const text = `"some words of post number ${index} @user, and so on &amp; https://t.co/abcdefghij${extra}"`;
    const labels = labelSet.filter(() => random.next() < 0.14).join(',');
    return `${text},images/${1_000_000_000_000_000 + index}.jpg,${labels.includes(',') ? `"${labels}"` : labels}\n`;
  });
  return `text,image_path,labels\n${lines.join('')}`;
}
