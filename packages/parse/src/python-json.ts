// One JSON token of Python's json module, which also knows NaN and infinities. Strings hold no control characters.
const tokenPattern =
  /[ \t\n\r]*(?:("[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null|NaN|-?Infinity)|([[\]{},:]))/y;

const names: Readonly<Record<string, string>> = {
  true: 'True',
  false: 'False',
  null: 'None',
  NaN: 'nan',
  Infinity: 'inf',
  '-Infinity': '-inf',
};

// Python's json gives up at about this depth.
const deepestNesting = 900;

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
export function readPythonList(text: string): string[] | undefined {
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined;
  return readStrings(text) ?? readList(tokenize(text));
}

/** Lists of strings, which answers mostly are, mean the same in JavaScript. */
function readStrings(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined; // but it may hold NaN
  }
}

/** Token by token, so that text which is no list is given up early; ends with undefined where no token stands. */
function* tokenize(text: string): Generator<Token | undefined> {
  let end = 0;
  while (end < text.length) {
    tokenPattern.lastIndex = end;
    const match = tokenPattern.exec(text);
    if (match === null) return yield undefined;
    const [, string, number, name, sign] = match;
    end = tokenPattern.lastIndex;
    if (string !== undefined) yield { kind: 'string', text: string };
    else if (number !== undefined) yield { kind: 'number', text: number };
    else if (name !== undefined) yield { kind: 'name', text: name };
    else yield { kind: 'sign', text: sign! };
  }
}

/** Checks the grammar with a stack of open brackets, collecting what stands directly in the outermost list. */
function readList(tokens: Iterable<Token | undefined>): string[] | undefined {
  const items: string[] = [];
  const open: ('[' | '{')[] = [];
  let expected: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' = 'value';
  let isClosed = false;
  for (const token of tokens) {
    if (token === undefined || isClosed) return undefined;
    const { text } = token;
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

/** What Python's `str` makes of a value; undefined for a string with an escape that JSON does not have. */
function pythonText(token: Token): string | undefined {
  if (token.kind === 'string') return decode(token.text);
  if (token.kind === 'name') return names[token.text];
  if (/[.eE]/.test(token.text)) return pythonFloat(Number(token.text));
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
