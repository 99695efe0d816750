/**
 * Times hostile texts of 1 and 10 million characters: `npx tsx --conditions=@mmhs/source bench/linear-time.ts`.
 *
 * Prints CPU milliseconds; ten times the text must take about ten times as long.
 */
import { parseLabels } from '../src/index.ts';

const labels = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];
const patterns: { start: string; unit: string }[] = [
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
];

for (const { start, unit } of patterns) {
  const [short, long] = [1_000_000, 10_000_000].map((length) => cpuMilliseconds(start + unit.repeat(length / unit.length)));
  const name = JSON.stringify(`${start}${unit}${unit}...`).padEnd(20);
  console.log(`${name} 1 MB ${short!.toFixed(0).padStart(5)} ms   10 MB ${long!.toFixed(0).padStart(5)} ms`);
}

function cpuMilliseconds(text: string): number {
  const start = process.cpuUsage();
  parseLabels(text, labels);
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1000;
}
