// What Python calls a space. JavaScript's trim knows a few other characters.
const space = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const outerSpaces = new RegExp(`^${space}+|${space}+$`, 'g');

/** The text without white space at its ends, as Python's `str.strip` leaves it. */
export function stripWhitespace(text: string): string {
  return text.replace(outerSpaces, '');
}
