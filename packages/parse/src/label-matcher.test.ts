import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSpace } from './characters.ts';
import { createLabelMatcher } from './label-matcher.ts';

const labels = ['racist', 'étranger', 'ﬁne', '≠', 'so-called "art"', "women's", 'İzmir', 'ガ', '한글', '１st', '😀'];
const characters = ['r', 'R', 'e', 'é', 'e\u0301', 'E', '\u0301', 'fi', 'ﬁ', '=', '\u0338', 'I', 'i', 'İ', '\u0307', 'ｶ', 'ﾞ', 'カ', '\u3099', '1', '１', ' ', '_', '\u3000', '-'];
/** Labels as models may spell them: other case, other spaces, accents apart or joined, with something before them. */
const spelling = fc
  .tuple(
    fc.constantFrom('', '', ' ', '\u3000', '_', '\u0301', 'x'),
    fc.oneof(fc.constantFrom(...labels), fc.array(fc.constantFrom(...characters), { maxLength: 4 }).map((parts) => parts.join(''))),
    fc.constantFrom((text: string) => text, (text: string) => text.toUpperCase(), (text: string) => text.normalize('NFD'), (text: string) => text.normalize('NFKD'), (text: string) => text.replaceAll('-', '  ')),
  )
  .map(([before, text, change]) => before + change(text));

it('finds labels as comparing all folded texts would, without folding most of them', () => {
  const matcher = createLabelMatcher(labels, 'forgiving');
  fc.assert(
    fc.property(spelling, (text) => {
      expect(matcher.find(text)).toBe(text === '' ? -1 : labels.findIndex((label) => foldPlainly(label) === foldPlainly(text)));
    }),
    { numRuns: 5000 },
  );
});

it('gives the same for the thousandth spelling as for the first', () => {
  const matcher = createLabelMatcher(['racist'], 'forgiving');
  for (let count = 0; count < 10_000; count += 1) expect(matcher.find(`r${count}`)).toBe(-1);
  expect(matcher.find('Racist ')).toBe(0);
  expect(matcher.find('Racist ')).toBe(0);
});

it('knows the white space of regular expressions', () => {
  const all = Array.from({ length: 0x10000 }, (_, code) => code);
  expect(all.filter(isSpace)).toEqual(all.filter((code) => /\s/.test(String.fromCharCode(code))));
});

function foldPlainly(text: string): string {
  return text.replaceAll('´', "'").normalize('NFKC').replace(/[`‘’‚‛]/g, "'").replace(/[“”„‟«»]/g, '"').toLowerCase().replace(/[\s_-]+/g, ' ').trim();
}
