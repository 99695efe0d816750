import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLabelStream, isValidAnswer, parseLabels, parseLabelsLikeOriginal } from './index.ts';

const labels = ['racist', 'sexist', 'so-called “art”', "women's", '[sic]'];
const pieces = ['[', ']', '{', '}', '"', '“', '”', '„', '«', '»', "'", '’', '`', ',', ':', '\\', '\\"', '/', '\n', '\0', '\u2028', '\u2029', '\ufeff', '\ud800', '\udc00', '😀', ' '];
const instructions = 'selected ONLY from this list: x. Do not include any text outside JSON.';
const string = fc.oneof(
  fc.constantFrom(...labels, instructions, 'null', '1', ''),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join('')),
);
const space = fc.array(fc.constantFrom(' ', '\n', '\r', '\t'), { maxLength: 2 }).map((characters) => characters.join(''));
/** A string written as JSON allows it: characters as they are, as `\u` escapes in either case, or by their short names. */
const written = string.chain((value) =>
  fc
    .array(fc.nat(3), { minLength: value.length, maxLength: value.length })
    .map((ways) => ({ value, json: `"${value.split('').map((unit, index) => writeUnit(unit, ways[index]!)).join('')}"` })),
);
const array = fc.tuple(fc.array(fc.tuple(space, written, space), { maxLength: 5 }), space, space).map(([items, before, after]) => ({
  strings: items.map(([, { value }]) => value),
  json: `${before}[${items.length === 0 ? after : items.map(([left, { json }, right]) => left + json + right).join(',')}]${after}`,
}));

describe('any JSON array of strings', () => {
  it.each(['lenient', 'json'] as const)('is read as JSON.parse reads it (%s)', (strictness) => {
    fc.assert(
      fc.property(array, ({ strings, json }) => {
        expect(JSON.parse(json)).toEqual(strings);
        const result = parseLabels(json, labels, { strictness, labelMatching: 'exact' });
        expect(result.labels).toEqual(labels.filter((label) => strings.includes(label)));
        expect(result.unknown).toEqual([...new Set(strings.filter((text) => !labels.includes(text)))]);
        expect(result).toMatchObject({ ok: true, span: { start: json.indexOf('['), end: json.lastIndexOf(']') + 1 } });
        expect(result.valid).toBe(new Set(strings).size === strings.length && strings.every((text) => labels.includes(text)));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives every string either as a label or as unknown when matching forgives', () => {
    fc.assert(
      fc.property(array, ({ strings, json }) => {
        const { ok, labels: known, unknown } = parseLabels(json, labels);
        expect(ok).toBe(true);
        expect(strings).toEqual(expect.arrayContaining(unknown));
        expect(known).toEqual(expect.arrayContaining(labels.filter((label) => strings.includes(label))));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('typographic quotes', () => {
  it('inside a JSON string do not end it', () => {
    expect(parseLabels('["say ”", "sexist"]', labels)).toMatchObject({ labels: ['sexist'], unknown: ['say ”'], repairs: [] });
    expect(isValidAnswer('["so-called “art”"]', labels)).toBe(true);
  });

  it.each(['["racist”]', '["racist”, “sexist"]', '[“racist", "sexist”]', '["racist”, "spam", "sexist"]', '["racist”, ”sexist”]'])(
    'end the strings of %s, which is no JSON with labels otherwise',
    (text) => {
      expect(parseLabels(text, labels).labels).toEqual(text.includes('sexist') ? ['racist', 'sexist'] : ['racist']);
    },
  );
});

describe('texts that are hard on JSON parsers', () => {
  const deep = 100_000;
  const cases: { name: string; text: string; labels: string[]; unknown?: string[] }[] = [
    { name: 'deep nesting', text: `${'['.repeat(deep)}"racist"${']'.repeat(deep)}`, labels: ['racist'] },
    { name: 'deep nesting that is never closed', text: `["racist",${'[{'.repeat(deep)}`, labels: ['racist'] },
    { name: 'a number of 100,000 digits', text: `[${'9'.repeat(deep)}, "racist"]`, labels: ['racist'] },
    { name: 'a number out of range', text: '[1e999999, -1e-999999, "racist"]', labels: ['racist'] },
    { name: 'lone surrogates', text: '["\ud800", "\\udfff", "\\ud800\\u0041"]', labels: [], unknown: ['\ud800', '\udfff', '\ud800A'] },
    { name: 'a NUL between items', text: '["racist",\0"sexist"]', labels: ['racist', 'sexist'], unknown: ['\0'] },
    { name: 'a NUL inside a string', text: '["a\0b"]', labels: [], unknown: ['a\0b'] },
    { name: 'a byte order mark before it', text: '\ufeff["racist"]', labels: ['racist'] },
    { name: 'line and paragraph separators', text: '["a\u2028b",\u2029"racist"]', labels: ['racist'], unknown: ['a\u2028b'] },
    { name: 'escapes of quotes and brackets', text: '["\\u0022]\\u005b", "racist"]', labels: ['racist'], unknown: ['"]['] },
    { name: 'names of objects every object has', text: '["__proto__", "constructor", "racist"]', labels: ['racist'], unknown: ['__proto__', 'constructor'] },
    { name: 'keys that are labels', text: '[{"sexist": 1}, "racist"]', labels: ['racist'] },
    { name: 'a comma first', text: '[, "racist"]', labels: ['racist'] },
  ];
  it.each(cases)('are read: $name', ({ text, labels: expected, unknown = [] }) => {
    expect(parseLabels(text, labels)).toMatchObject({ ok: true, labels: expected, unknown });
    const stream = createLabelStream(labels);
    for (let start = 0; start < text.length; start += 7) stream.push(text.slice(start, start + 7));
    expect(stream.end()).toMatchObject({ ok: true, labels: expected, unknown });
  });

  it.each(cases)('never throw under the original rule: $name', ({ text }) => {
    expect(typeof parseLabelsLikeOriginal(text, labels).ok).toBe('boolean');
  });
});

function writeUnit(unit: string, way: number): string {
  const code = unit.charCodeAt(0).toString(16).padStart(4, '0');
  if (way === 0) return `\\u${code}`;
  if (way === 1) return `\\u${code.toUpperCase()}`;
  if (way === 2 && unit === '/') return '\\/';
  const quoted = JSON.stringify(unit).slice(1, -1);
  return /[\ud800-\udfff]/.test(unit) ? unit : quoted;
}
