/**
 * Times hostile texts of 1 and 10 million characters: `npx tsx --conditions=@mmhs/source bench/linear-time.ts`.
 *
 * Prints CPU milliseconds; ten times the text must take about ten times as long.
 */
import { parseLabels } from '../src/index.ts';

const labels = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];
/** Text that starts with `start` and goes on with `unit`, or with what it makes of 0, 1, 2, ... */
interface Pattern {
  readonly start: string;
  readonly unit: string | ((index: number) => string);
}

const patterns: Pattern[] = [
  { start: '', unit: '[' },
  { start: '', unit: '"' },
  { start: '["', unit: '"' },
  { start: '["', unit: '[' },
  { start: '', unit: '["' },
  { start: '[', unit: "'" },
  { start: '["', unit: '\\"' },
  { start: '["', unit: 'a"b' },
  { start: '[', unit: 'a ' },
  { start: '[', unit: '{' },
  { start: '["', unit: 'a' },
  { start: '["a"', unit: ' ' },
  { start: '["', unit: '\\u4e2d' },
  { start: '', unit: '[1]' },
  { start: '', unit: '[[[[1]]]]' },
  { start: '[1,', unit: '{"a":"b"},' },
  { start: '[', unit: (index) => `"w${index}",` },
  { start: '[', unit: (index) => `"é${index}",` },
  { start: '[', unit: (index) => `"racist,sexist,${index}",` },
  { start: '[', unit: (index) => `"r${index}"a"b"c"d"e"f"g"h"i"j"k"l",` },
];

for (const pattern of patterns) {
  const [short, long] = [1_000_000, 10_000_000].map((length) => cpuMilliseconds(makeText(pattern, length)));
  const name = JSON.stringify(`${makeText(pattern, 12)}...`).padEnd(44);
  console.log(`${name} 1 MB ${short!.toFixed(0).padStart(5)} ms   10 MB ${long!.toFixed(0).padStart(5)} ms`);
}

function makeText({ start, unit }: Pattern, length: number): string {
  if (typeof unit === 'string') return start + unit.repeat(Math.ceil((length - start.length) / unit.length));
  const parts = [start];
  for (let index = 0, size = start.length; size < length; index += 1) size += parts[parts.push(unit(index)) - 1]!.length;
  return parts.join('');
}

function cpuMilliseconds(text: string): number {
  const start = process.cpuUsage();
  parseLabels(text, labels);
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1000;
}
