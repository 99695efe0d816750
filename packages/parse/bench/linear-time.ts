/**
 * Times hostile texts of 1 and 10 million characters: `npx tsx --conditions=@mmhs/source bench/linear-time.ts`.
 *
 * Prints CPU milliseconds; ten times the text must take about ten times as long. First whole texts, leniently and with
 * strictness `json`, then some of them in chunks of 1, 7 and 65,536.
 */
import { createLabelStream, parseLabels } from '../src/index.ts';

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
  { start: '[', unit: (index) => `"${String.fromCharCode(0x4e00 + (index % 20_000))}${index}",` },
  { start: '[', unit: (index) => `"${'z'.repeat(40)}${index}",` },
  { start: '[', unit: (index) => `"racis${index}",` },
  { start: '[', unit: (index) => `r${index},` },
  { start: '[', unit: '"é",' },
  { start: '[', unit: '"RACIST",' },
  { start: '[', unit: 'racist,' },
  { start: '', unit: '"[\'[“[' },
  { start: '', unit: '["]x' },
  { start: '', unit: '["a”,' },
  { start: '', unit: '["a",' },
  { start: '', unit: '[a]' },
  { start: '', unit: '{"labels":[' },
  { start: '', unit: '{"labels":["x"],"a":{}}' },
  { start: '', unit: '```json\n[x]\n```\n' },
  { start: '["', unit: '\\' },
  { start: '["', unit: '\\ud83d\\ude00' },
  { start: '["', unit: '\ud800' },
  { start: '[', unit: ',' },
  { start: '[', unit: '\u3000' },
  { start: '[', unit: '"",' },
];
const streamed = patterns.filter(({ unit }) => ['[', '"', 'a', '\\"', '"",'].includes(unit as string));

for (const pattern of patterns) {
  const [short, long] = [makeText(pattern, 1_000_000), makeText(pattern, 10_000_000)];
  const times = [
    `1 MB ${time(() => parseLabels(short, labels))}`,
    `10 MB ${time(() => parseLabels(long, labels))}`,
    `json ${time(() => parseLabels(long, labels, { strictness: 'json' }))}`,
  ];
  console.log(nameOf(pattern), times.join('   '));
}
for (const pattern of streamed) {
  const text = makeText(pattern, 10_000_000);
  const times = [1, 7, 65_536].map((size) => `by ${size} ${time(() => stream(text, size))}`);
  console.log(nameOf(pattern), times.join('   '));
}

function stream(text: string, size: number): void {
  const reader = createLabelStream(labels);
  for (let start = 0; start < text.length; start += size) reader.push(text.slice(start, start + size));
  reader.end();
}

function nameOf(pattern: Pattern): string {
  return JSON.stringify(`${makeText(pattern, 12).slice(0, 40)}...`).padEnd(48);
}

function makeText({ start, unit }: Pattern, length: number): string {
  const parts = [start];
  for (let index = 0, size = start.length; size < length; index += 1, size += parts.at(-1)!.length) {
    parts.push(typeof unit === 'string' ? unit : unit(index));
  }
  return Buffer.from(parts.join(''), 'utf16le').toString('utf16le'); // one piece, as text from outside is
}

function time(work: () => unknown): string {
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return `${((used.user + used.system) / 1000).toFixed(0).padStart(5)} ms`;
}
