import fc from 'fast-check';
import { expect, it } from 'vitest';
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
