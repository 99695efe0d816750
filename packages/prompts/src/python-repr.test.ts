import { expect, it } from 'vitest';
import { writePythonList } from './index.ts';

// The expected strings were printed by Python 3.11's repr().
it('prefers single quotes and changes to double quotes for an apostrophe', () => {
  expect(writePythonList(['racist', "it's", 'say "hi"', 'both \' and "'])).toBe(
    `['racist', "it's", 'say "hi"', 'both \\' and "']`,
  );
  expect(writePythonList([])).toBe('[]');
});

it('escapes controls and backslashes', () => {
  expect(writePythonList(['tab\t', 'line\nbreak', 'back\\slash', '\0', '\x7f', '\x85'])).toBe(
    String.raw`['tab\t', 'line\nbreak', 'back\\slash', '\x00', '\x7f', '\x85']`,
  );
});

it('keeps printable Unicode and escapes what Python does not print', () => {
  expect(writePythonList(['é', '\u00a0', '\u200b', '\u2028', '\u{e0001}', '😀', '日本'])).toBe(
    String.raw`['é', '\xa0', '\u200b', '\u2028', '\U000e0001', '😀', '日本']`,
  );
});
