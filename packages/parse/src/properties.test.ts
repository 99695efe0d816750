import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrayScanner, type StringEnd } from './array-scanner.ts';
import { createLabelStream, isValidAnswer, parseLabels, parseLabelsLikeOriginal, type ParseOptions } from './index.ts';
import { createLabelMatcher } from './label-matcher.ts';

const labels = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate', 'animals, pets', 'so-called "art"', "women's"];
const pieces = ['[', ']', '{', '}', '"', "'", '“', '”', '’', ',', ':', '\\', '\\u00', ' ', '\n', 'null', '1', 'x', '😀', '\ud800', ...labels];

/** Text that looks like broken answers more often than random characters would. */
const brokenAnswer = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 24 }).map((parts) => parts.join(''));
const options: fc.Arbitrary<ParseOptions> = fc.constantFrom({}, { strictness: 'json' as const }, { labelMatching: 'exact' as const });
const string = fc.oneof(fc.constantFrom(...labels), fc.string({ unit: 'binary' }));

describe('on arrays of strings', () => {
  it('reads whatever JSON.parse reads, in canonical order', () => {
    fc.assert(
      fc.property(fc.array(string), fc.constantFrom(0, 1, 2), (strings, indent) => {
        const result = parseLabels(JSON.stringify(strings, null, indent), labels, { labelMatching: 'exact' });
        expect(result.ok).toBe(true);
        expect(result.labels).toEqual(labels.filter((label) => strings.includes(label)));
        expect(result.unknown).toEqual([...new Set(strings.filter((text) => !labels.includes(text)))]);
      }),
      { numRuns: 1000 },
    );
  });

  it('calls an answer valid exactly when JSON.parse gives distinct known labels', () => {
    const answer = fc.oneof(brokenAnswer, fc.array(string, { maxLength: 3 }).map((strings) => JSON.stringify(strings)));
    fc.assert(
      fc.property(answer, (text) => {
        expect(isValidAnswer(text, labels)).toBe(isValidByJsonParse(text));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('on any text', () => {
  it('never throws, and gives labels in order with a span inside the text', () => {
    fc.assert(
      fc.property(brokenAnswer, (text) => {
        const result = parseLabels(text, labels);
        parseLabelsLikeOriginal(text, labels);
        expect(result.labels).toEqual(labels.filter((label) => result.labels.includes(label)));
        if (result.ok) {
          expect(text[result.span.start]).toBe('[');
          expect(result.span.end).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 50_000 },
    );
  }, 60_000);

  it('gives the same from a stream, wherever the text is cut', () => {
    fc.assert(
      fc.property(brokenAnswer, fc.array(fc.nat(40), { maxLength: 5 }), options, (text, cuts, parseOptions) => {
        const stream = createLabelStream(labels, parseOptions);
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((left, right) => left - right), text.length];
        const spoken = bounds.slice(1).map((bound, index) => stream.push(text.slice(bounds[index], bound)));
        const whole = parseLabels(text, labels, parseOptions);
        expect(stream.end()).toEqual(whole);
        for (const result of spoken) if (result !== undefined) expect(result.labels).toEqual(whole.labels);
      }),
      { numRuns: 5000 },
    );
  });

  it('finds the same arrays from single characters as from the whole', () => {
    fc.assert(
      fc.property(brokenAnswer, fc.constantFrom<StringEnd>('own-quote', 'any-quote', 'bracket'), (text, stringsEndAt) => {
        const matcher = createLabelMatcher(labels, 'forgiving');
        const [whole, pieces] = [0, 1].map(() => new ArrayScanner({ matcher, jsonOnly: false, stringsEndAt }));
        whole!.push(text);
        for (let index = 0; index < text.length; index += 1) pieces!.push(text[index]!);
        expect(pieces!.end()).toEqual(whole!.end());
        expect(pieces!.sawBracketInString).toBe(whole!.sawBracketInString);
        expect(pieces!.sawQuoteInString).toBe(whole!.sawQuoteInString);
      }),
      { numRuns: 5000 },
    );
  });

  it('speaks up from a stream with the last character of the array', () => {
    fc.assert(
      fc.property(brokenAnswer, (text) => {
        const stream = createLabelStream(labels);
        for (let index = 0; index < text.length; index += 1) {
          const result = stream.push(text[index]!);
          if (result === undefined) continue;
          expect(result).toMatchObject({ ok: true, span: { end: index + 1 } });
          return;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('createLabelStream', () => {
  it('speaks up with the character that closes the array, not before', () => {
    const stream = createLabelStream(labels);
    const answer = 'Well: ["racist", "sexist"]';
    const closedAt = [...answer].findIndex((character) => stream.push(character) !== undefined);
    expect(closedAt).toBe(answer.length - 1);
    expect(stream.end().labels).toEqual(['racist', 'sexist']);
  });

  it('keeps the first answer when text follows', () => {
    const stream = createLabelStream(labels);
    expect(stream.push('["racist"] and ["sexist"]')).toMatchObject({ labels: ['racist'] });
    expect(stream.push(' ["religion"]')).toMatchObject({ labels: ['racist'] });
  });

  it('does not take the label list of repeated instructions for the answer', () => {
    const stream = createLabelStream(labels);
    const echo = 'selected ONLY from this list:\n["racist", "sexist"]\nReturn [] if none apply. Do not include any text outside JSON.';
    const spoken = [...`${echo}\nAssistant: ["sexist"]`].map((character) => stream.push(character));
    expect(spoken.filter((result) => result !== undefined)).toEqual([]);
    expect(stream.end().labels).toEqual(['sexist']);
  });

  it('does not stop at arrays without labels', () => {
    expect(createLabelStream(labels).push('[note] [1] ["spam"]')).toBeUndefined();
  });
});

function isValidByJsonParse(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && new Set(value).size === value.length && value.every((item) => labels.includes(item as string));
  } catch {
    return false;
  }
}
