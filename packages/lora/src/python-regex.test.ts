import { describe, expect, it } from 'vitest';
import { compileFullMatch, compileMatch } from './python-regex.ts';

describe('compileFullMatch', () => {
  it.each([
    ['a|ab', 'ab', true],
    ['a|ab', 'abc', false],
    ['\\Aa.b\\Z', 'a.b', true],
    ['(?P<n>[ab])x', 'ax', true],
    ['a{,}b{}', 'aaab{}', true],
    ['(?i)LAYERS\\.1', 'layers.1', true],
    ['a{,2}b', 'aab', true],
    ['a{,2}b', 'aaab', false],
    ['a{x}', 'a{x}', true],
    ['[]a]+', ']a', true],
    ['[^]a]', 'b', true],
    ['[\\w.-]+', 'a-b.c', true],
    ['a\\-b\\_c', 'a-b_c', true],
    ['(?#layers)a', 'a', true],
    ['(?<!x)y', 'y', true],
    ['.*(?<=\\.)q', 'a.q', true],
  ])('%s on %s is %s', (pattern, text, expected) => {
    expect(compileFullMatch(pattern).test(text)).toBe(expected);
  });

  it.each(['(?(1)a|b)', '(a)\\1', '(?P<n>a)(?P=n)', '(?>a)', 'a*+', 'a{1,2}+', '(?i:a)', '(?x)a', '\\Q', '[a', '(a', '\\'])('refuses %s by name', (pattern) => {
    expect(() => compileFullMatch(pattern)).toThrow(/MMHS_LORA_REGEX|cannot be used/);
  });
});

describe('compileMatch', () => {
  it('anchors the start only', () => {
    expect(compileMatch('b|a').test('abc')).toBe(true);
    expect(compileMatch('b').test('abc')).toBe(false);
  });
});
