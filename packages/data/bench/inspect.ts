/**
 * Time of what `inspectDataSet` does besides reading and decoding pictures: a perceptual hash a picture, and looking for
 * pictures that are alike among many. For the whole, time the app on a data set of yours:
 *
 *   npx tsx --conditions=@mmhs/source bench/inspect.ts [pictures]
 *   time pnpm --filter prepare-data start inspect --data FOLDER
 */
import { createRandom } from '@mmhs/core';
import { findNearPairs } from '../src/inspect/near-pairs.ts';
import { perceptualHash } from '../src/inspect/perceptual-hash.ts';

const pictures = Number(process.argv[2] ?? 150_000);
const random = createRandom(1);

/** Processor time, so that what else the machine does counts less. */
function measure(name: string, work: () => string): void {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${name}: ${((user + system) / 1e6).toFixed(2)} s of processor time, ${result}\n`);
}

const image = { width: 750, height: 500, data: Uint8Array.from({ length: 750 * 500 * 3 }, () => random.integer(256)) };
measure('100 hashes of 750 x 500 pixels', () => {
  for (let run = 0; run < 100; run += 1) perceptualHash(image);
  return 'one by one';
});

// Real hashes are far from random: most of their bits follow a few common layouts. Half of each is taken from one of 20.
const layouts = Array.from({ length: 20 }, () => Uint32Array.from({ length: 8 }, random.uint32));
const hashes = Array.from({ length: pictures }, () => {
  const layout = layouts[random.integer(layouts.length)]!;
  return layout.map((word) => ((word & random.uint32()) | (random.uint32() & random.uint32() & ~word)) >>> 0);
});
measure(`pairs at most 15 bits apart among ${pictures} hashes`, () => {
  let pairs = 0;
  findNearPairs(hashes, 15, () => (pairs += 1));
  return `${pairs} found`;
});
