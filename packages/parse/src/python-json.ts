import { codes, isJsonSpace } from './characters.ts';

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const namePattern = /true|false|null|NaN|-?Infinity/y;
const signs: Readonly<Record<string, Token>> = /* @__PURE__ */ Object.fromEntries(
  Array.from('[]{},:', (text) => [text, { kind: 'sign', text }]),
);

const names: Readonly<Record<string, string>> = {
  true: 'True',
  false: 'False',
  null: 'None',
  NaN: 'nan',
  Infinity: 'inf',
  '-Infinity': '-inf',
};

// Python's json gives up at about this depth, and its int at more digits.
const deepestNesting = 900;
const mostDigits = 4300;

interface Token {
  readonly kind: 'string' | 'number' | 'name' | 'sign';
  readonly text: string;
}

/**
 * Reads a text as Python's `json.loads` does and gives the items of the list it holds, each as `str(item)`.
 *
 * @returns undefined when the text is not JSON or not a list. Lists and objects inside the list become the empty string:
 * what Python's `str` makes of them is never a label.
 */
export function readPythonList(json: string): string[] | undefined {
  if (!json.startsWith('[') || !json.endsWith(']')) return undefined;
  // Checks the grammar with a stack of open brackets, collecting what stands directly in the outermost list.
  const items: string[] = [];
  const open: ('[' | '{')[] = [];
  let expected: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' = 'value';
  let isClosed = false;
  let position = 0;
  while (position < json.length) {
    const token = readToken(json, position);
    if (token === undefined || isClosed) return undefined;
    const { text } = token;
    position = skipSpace(json, position + text.length);
    const awaitsValue = expected === 'value' || expected === 'value-or-end';
    const closes = expected === 'comma-or-end' || expected === 'value-or-end' || expected === 'key-or-end';
    if (token.kind === 'sign' && (text === '[' || text === '{') && awaitsValue) {
      if (open.length === 1) items.push('');
      if (open.length >= deepestNesting) return undefined;
      open.push(text);
      expected = text === '[' ? 'value-or-end' : 'key-or-end';
    } else if (token.kind === 'sign' && (text === ']' || text === '}') && closes) {
      if (open.pop() !== (text === ']' ? '[' : '{')) return undefined;
      isClosed = open.length === 0;
      expected = 'comma-or-end';
    } else if (text === ',' && expected === 'comma-or-end') {
      expected = open.at(-1) === '{' ? 'key' : 'value';
    } else if (text === ':' && expected === 'colon') {
      expected = 'value';
    } else if (token.kind === 'string' && (expected === 'key' || expected === 'key-or-end')) {
      if (decode(text) === undefined) return undefined;
      expected = 'colon';
    } else if (token.kind !== 'sign' && awaitsValue) {
      const value = pythonText(token);
      if (value === undefined) return undefined;
      if (open.length === 1) items.push(value);
      expected = 'comma-or-end';
    } else return undefined;
  }
  return open.length === 0 ? items : undefined;
}

function skipSpace(text: string, start: number): number {
  let end = start;
  while (isJsonSpace(text.charCodeAt(end))) end += 1;
  return end;
}

function readToken(text: string, start: number): Token | undefined {
  const first = text[start]!;
  if (first === '"') return readString(text, start);
  return signs[first] ?? match('number', numberPattern, text, start) ?? match('name', namePattern, text, start);
}

/** Looks at each character, as an expression with a repeated group runs out of stack on a long string. */
function readString(text: string, start: number): Token | undefined {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === codes.doubleQuote) return { kind: 'string', text: text.slice(start, index + 1) };
    if (code < codes.space) return undefined;
    if (code === codes.backslash) index += 1;
  }
  return undefined;
}

function match(kind: Token['kind'], pattern: RegExp, text: string, start: number): Token | undefined {
  pattern.lastIndex = start;
  return pattern.test(text) ? { kind, text: text.slice(start, pattern.lastIndex) } : undefined;
}

/** What Python's `str` makes of a value; undefined for a string with an escape that JSON does not have. */
function pythonText(token: Token): string | undefined {
  if (token.kind === 'string') return decode(token.text);
  if (token.kind === 'name') return names[token.text];
  if (/[.eE]/.test(token.text)) return pythonFloat(Number(token.text));
  if (token.text.length > mostDigits && token.text.replace('-', '').length > mostDigits) return undefined;
  return token.text === '-0' ? '0' : token.text;
}

function decode(string: string): string | undefined {
  try {
    return JSON.parse(string) as string;
  } catch {
    return undefined;
  }
}

/** Python's repr of a float: the same digits as JavaScript's, with another layout. */
function pythonFloat(value: number): string {
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [digits = '0', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const power = Number(exponent);
  const sign = value < 0 ? '-' : '';
  if (value !== 0 && (power < -4 || power >= 16)) {
    return `${sign}${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const plain = power < 0 ? Math.abs(value).toFixed(-power + digits.replace('.', '').length - 1) : String(Math.abs(value));
  return sign + (plain.includes('.') ? plain : `${plain}.0`);
}
