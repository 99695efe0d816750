import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitTokens } from './index.ts';

it('cuts the middle out and says how much', () => {
  const tokens = [1, 2, 3, 4, 5, 6, 7];
  expect(fitTokens({ tokens, reserved: 10, maxTokens: 15 })).toEqual({ tokens: [1, 2, 3, 6, 7], removed: 2 });
  expect(fitTokens({ tokens, reserved: 10, maxTokens: 10 })).toEqual({ tokens: [], removed: 7 });
  expect(fitTokens({ tokens, reserved: 10, maxTokens: undefined })).toEqual({ tokens, removed: 0 });
});

it('refuses when instructions, image and answer alone are too long', () => {
  expect(() => fitTokens({ tokens: [], reserved: 11, maxTokens: 10, where: 'train.csv:3' })).toThrow(
    /^train\.csv:3: .*got 11 tokens.*expected at most 10/,
  );
});

it('keeps a start and an end of the text, never more than the budget', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.nat(50), fc.nat(100), (tokens, reserved, room) => {
      const fitted = fitTokens({ tokens, reserved, maxTokens: reserved + room });
      expect(fitted.tokens.length).toBe(Math.min(tokens.length, room));
      expect(fitted.removed).toBe(tokens.length - fitted.tokens.length);
      const head = Math.ceil(fitted.tokens.length / 2);
      expect(fitted.tokens.slice(0, head)).toEqual(tokens.slice(0, head));
      expect(fitted.tokens.slice(head)).toEqual(tokens.slice(tokens.length - (fitted.tokens.length - head)));
    }),
  );
});

describe('with a vocabulary of bytes', () => {
  const encode = (text: string): number[] => [...new TextEncoder().encode(text)];
  // As a byte-level vocabulary decodes, and as one that falls back to bytes: there, a run of bytes that is not valid is one
  // U+FFFD for each of them.
  const decoders = {
    byteLevel: (ids: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(ids)),
    byteFallback: (ids: readonly number[]): string => {
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(ids));
      } catch {
        return '\ufffd'.repeat(ids.length);
      }
    },
  };
  // TextDecoder takes a byte order mark at the start for its own.
  const wellFormed = fc.string({ unit: 'grapheme-composite' }).filter((text) => !/[\ufeff\ufffd]/.test(text));

  it.each(Object.entries(decoders))('cuts between characters only (%s)', (_name, decode) => {
    fc.assert(
      fc.property(fc.oneof(wellFormed, fc.string({ unit: fc.constantFrom('a', 'é', '日', '😀') })), fc.nat(60), (text, room) => {
        const tokens = encode(text);
        const fitted = fitTokens({ tokens, reserved: 0, maxTokens: room, decode });
        const kept = decoders.byteLevel(fitted.tokens);
        const characters = [...text];
        const start = [...kept].findIndex((character, index) => character !== characters[index]);
        const rest = start < 0 ? [] : [...kept].slice(start);
        expect(kept).not.toContain('\ufffd');
        expect(text.endsWith(rest.join(''))).toBe(true);
        expect(fitted.tokens.length).toBeLessThanOrEqual(room);
        expect(fitted.tokens.length).toBeGreaterThanOrEqual(Math.min(tokens.length, room - 6));
        expect(fitted.removed).toBe(tokens.length - fitted.tokens.length);
      }),
      { numRuns: 500 },
    );
  });

  it('drops an emoji of four tokens rather than half of it, and only that', () => {
    const tokens = encode('ab😀cd');
    expect(decoders.byteLevel(fitTokens({ tokens, reserved: 0, maxTokens: 6, decode: decoders.byteLevel }).tokens)).toBe('abcd');
  });

  it('leaves a post of replacement characters as long as the budget allows', () => {
    const tokens = encode('\ufffd'.repeat(20));
    expect(fitTokens({ tokens, reserved: 0, maxTokens: 30, decode: decoders.byteLevel }).tokens.length).toBe(30);
  });
});
