/** Which quotes a string may end with: those of its own kind. */
export const [noQuote, doubleQuote, singleQuote] = [0, 1, 2] as const;

/** No quote, a double one or a single one, of any shape. */
export type QuoteKind = typeof noQuote | typeof doubleQuote | typeof singleQuote;

const quoteKinds = /* @__PURE__ */ tabulateQuotes();

function tabulateQuotes(): Uint8Array {
  const table = new Uint8Array(0x2020); // the last quote is U+201F
  for (const quote of '"“”„‟«»') table[quote.charCodeAt(0)] = doubleQuote;
  for (const quote of "'‘’‚‛`´") table[quote.charCodeAt(0)] = singleQuote;
  return table;
}

/** The kind of quote a UTF-16 unit is. */
export function quoteKind(code: number): QuoteKind {
  return code < quoteKinds.length ? (quoteKinds[code] as QuoteKind) : noQuote;
}

/** Codes of the characters that mean something in an array. */
export const codes = {
  lineBreak: 10,
  space: 32,
  doubleQuote: 34,
  comma: 44,
  colon: 58,
  openArray: 91,
  backslash: 92,
  closeArray: 93,
  unicodeEscape: 117,
  openObject: 123,
  closeObject: 125,
} as const;

/** Whether JSON allows the character between values. */
export function isJsonSpace(code: number): boolean {
  return code === codes.space || code === codes.lineBreak || code === 13 || code === 9;
}

/** Whether the character is white space of any kind: what `\s` matches, looked up faster. */
export function isSpace(code: number): boolean {
  if (code < 128) return code === codes.space || (code >= 9 && code <= 13);
  return oddSpaces.has(code);
}

const oddSpaces = /* @__PURE__ */ new Set([
  0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
  0x3000, 0xfeff,
]);

/** Whether there is white space in the text that JSON does not allow between values. */
export function hasOddSpace(text: string): boolean {
  return /[^\S \n\r\t]/.test(text);
}

/** Whether `null`, `true`, `false` or a number may begin with the character. */
export function mayBeginJsonValue(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 45 || code === 116 || code === 102 || code === 110;
}
