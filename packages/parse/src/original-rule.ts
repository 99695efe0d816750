import { failure, success, type ParseResult } from './parse-labels.ts';
import { readPythonList } from './python-json.ts';

/**
 * Reads an answer exactly as the Python original does, to reproduce its numbers.
 *
 * Its rule has two steps: the whole text, stripped, as JSON; if that is no list, the text from the first `[` to the
 * next `]`, as JSON. Nothing is repaired and no second bracket is tried. Items become strings as Python's `str` makes
 * them and are compared letter by letter.
 *
 * Source: `robust_json_extract` of the original's three trainers.
 */
export function parseLabelsLikeOriginal(text: string, labels: readonly string[]): ParseResult {
  const stripped = pythonStrip(text);
  const wholeStart = text.indexOf(stripped);
  const whole = readPythonList(stripped);
  if (whole !== undefined) return listResult({ text, labels, items: whole, start: wholeStart, end: wholeStart + stripped.length });

  const start = text.indexOf('[');
  const close = start < 0 ? -1 : text.indexOf(']', start);
  if (close < 0) return failure(start >= 0 ? 'truncated' : stripped === '' ? 'empty' : 'no-array');
  const items = readPythonList(text.slice(start, close + 1));
  if (items === undefined) return failure('not-json');
  return listResult({ text, labels, items, start, end: close + 1 });
}

function listResult(options: {
  readonly text: string;
  readonly labels: readonly string[];
  readonly items: readonly string[];
  readonly start: number;
  readonly end: number;
}): ParseResult {
  const { text, labels, items, start, end } = options;
  const indices = new Map(labels.map((label, index) => [label, index]));
  const found = { start, end, rank: 0, items: items.map((item) => indices.get(item) ?? item), repairs: 0 };
  return success({ text, labels, found, isEchoed: false });
}

// Python's str.strip takes away what str.isspace accepts, which is not quite JavaScript's white space.
const pythonSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function pythonStrip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && pythonSpace.test(text[start]!)) start += 1;
  while (end > start && pythonSpace.test(text[end - 1]!)) end -= 1;
  return text.slice(start, end);
}
