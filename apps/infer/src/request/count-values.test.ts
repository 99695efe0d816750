import { expect, it } from 'vitest';
import { countValues } from './count-values.ts';

const count = (text: string): number => countValues(new TextEncoder().encode(text));

it('counts values, not commas in texts, whatever is escaped in them', () => {
  expect(count('{"text":"a"}')).toBe(1);
  expect(count('{"text":"a, b, \\", c","id":1}')).toBe(2);
  expect(count('{"text":"ends in a backslash \\\\","id":"\u00e9,\\u002c"}')).toBe(2);
  expect(count(`[${'1,'.repeat(999)}1]`)).toBe(1000);
});

it('gets through what is not JSON', () => {
  expect(['', '"', '"\\', ',,"a,', '\\"'].map(count)).toEqual([1, 1, 1, 3, 1]);
});
