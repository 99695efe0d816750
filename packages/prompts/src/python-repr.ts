// What Python's str.isprintable refuses: control, format, surrogate, private and unassigned characters, and all
// separators but the plain space.
const notPrintable = /[\p{C}\p{Z}]/u;

const namedEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Writes a list of strings as Python's `repr(list)` does: `['a', "it's"]`.
 *
 * Single quotes unless the string holds a single quote and no double quote; characters that Python does not print are
 * escaped. Which characters are unassigned depends on the Unicode version of the JavaScript engine.
 */
export function writePythonList(values: readonly string[]): string {
  return `[${values.map(pythonString).join(', ')}]`;
}

function pythonString(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  let body = '';
  for (const character of value) body += pythonCharacter(character, quote);
  return quote + body + quote;
}

function pythonCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const named = namedEscapes[character];
  if (named !== undefined) return named;
  if (character === ' ' || !notPrintable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${hexadecimal(code, 2)}`;
  return code <= 0xffff ? `\\u${hexadecimal(code, 4)}` : `\\U${hexadecimal(code, 8)}`;
}

function hexadecimal(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
