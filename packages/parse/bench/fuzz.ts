/**
 * Throws a million broken answers at the parser: `npx tsx --conditions=@mmhs/source bench/fuzz.ts [cases] [seed]`.
 *
 * Fails when anything throws, when the verdict "valid" differs from JSON.parse's, when an array of strings is not read as
 * JSON.parse reads it, when a stream cut into single characters disagrees, or when a result is not in canonical order.
 * Every fourth text is such an array, often with a piece put in or taken out.
 */
import { createLabelStream, isValidAnswer, parseLabels, parseLabelsLikeOriginal } from '../src/index.ts';

const cases = Number(process.argv[2] ?? 1_000_000);
const seed = Number(process.argv[3] ?? 1);
const labels = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate', 'animals, pets', 'so-called "art"', "women's"];
const pieces = [
  '[', '[', ']', ']', '{', '}', '"', '"', '"', "'", '`', '“', '”', '‘', '’', '«', ',', ',', ':', '\\', '\\"', '\\u00', '\\u0072',
  ' ', '\n', '\t', '\u00a0', '\u2028', '\0', 'null', 'true', '1', '-0.5e3', 'NaN', 'x', '😀', '\ud800', '[]', '["', '"]', '", "',
  '```json\n', 'Assistant:', 'selected ONLY from this list:', 'Do not include any text outside JSON.', ...labels,
];

const random = createRandom(seed);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
let arrays = 0;
let valid = 0;
let jsonArrays = 0;
for (let count = 0; count < cases; count += 1) {
  const text = count % 4 === 0 ? makeArray() : makePieces(20);
  try {
    check(text, count % 10 === 0);
  } catch (error) {
    throw new Error(`Case ${count} of seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
  }
}
console.log(`${cases} cases, seed ${seed}: nothing thrown, ${arrays} with an array, ${jsonArrays} arrays of strings to JSON, ${valid} valid`);

function makePieces(most: number): string {
  return Array.from({ length: Math.floor(random() * most) }, () => pick(pieces)).join('');
}

function makeArray(): string {
  const json = JSON.stringify(Array.from({ length: Math.floor(random() * 5) }, () => (random() < 0.5 ? pick(labels) : makePieces(5))));
  if (random() < 0.5) return json;
  const place = Math.floor(random() * json.length);
  return json.slice(0, place) + (random() < 0.5 ? pick(pieces) : '') + json.slice(place + (random() < 0.5 ? 1 : 0));
}

function check(text: string, withStream: boolean): void {
  const result = parseLabels(text, labels);
  parseLabelsLikeOriginal(text, labels);
  parseLabels(text, labels, { strictness: 'json' });
  if (result.ok) arrays += 1;
  const strings = readStrings(text);
  if (strings !== undefined) checkStrings(text, strings);
  const isValid = isValidAnswer(text, labels);
  if (isValid) valid += 1;
  ensure(isValid === isValidSet(strings), 'the verdict differs from JSON.parse');
  ensure(result.labels.join() === labels.filter((label) => result.labels.includes(label)).join(), 'not in canonical order');
  if (!withStream) return;
  const stream = createLabelStream(labels);
  for (let index = 0; index < text.length; index += 1) stream.push(text[index]!);
  ensure(JSON.stringify(stream.end()) === JSON.stringify(result), 'the stream disagrees');
}

function ensure(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function checkStrings(text: string, strings: readonly string[]): void {
  jsonArrays += 1;
  for (const strictness of ['lenient', 'json'] as const) {
    const { labels: known, unknown } = parseLabels(text, labels, { strictness, labelMatching: 'exact' });
    ensure(known.join('\0') === labels.filter((label) => strings.includes(label)).join('\0'), 'labels differ from JSON.parse');
    const others = [...new Set(strings.filter((string) => !labels.includes(string)))];
    ensure(JSON.stringify(unknown) === JSON.stringify(others), 'strings differ from JSON.parse');
  }
}

function readStrings(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

function isValidSet(strings: readonly string[] | undefined): boolean {
  return strings !== undefined && new Set(strings).size === strings.length && strings.every((string) => labels.includes(string));
}

/** Mulberry32: small, fast, the same everywhere. */
function createRandom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
