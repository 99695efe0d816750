import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLabelCell } from './label-cell.ts';

const labelsOf = (value: unknown, labelSet?: string[]): readonly string[] | string => {
  const cell = parseLabelCell(value, labelSet);
  return cell.ok ? cell.labels : cell.reason;
};

/** What Python's repr makes of a string without exotic characters. */
function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

describe('parseLabelCell', () => {
  it.each([
    ['', []],
    [undefined, []],
    [null, []],
    [' a , b ', ['a', 'b']],
    ['a,,b,', ['a', 'b']],
    ['[]', []],
    ["['a', 'b']", ['a', 'b']],
    ["['a',]", ['a']],
    ["('a', 'b')", ['a', 'b']],
    ["('a',)", ['a']],
    ['()', []],
    ['["a", "b"]', ['a', 'b']],
    [`['it\\'s', "it's", 'caf\\xe9', '\\u00e9', 'a\\\\b']`, ['it\'s', "it's", 'café', 'é', 'a\\b']],
    [0, []],
    ['0', []],
    ['0.0', []],
    [1, ['harmful']],
    ['1', ['harmful']],
    ['1.0', ['harmful']],
    [true, ['harmful']],
    [false, []],
  ])('reads %j', (cell, labels) => {
    expect(labelsOf(cell)).toEqual(labels);
  });

  it('takes a cell that is exactly a known label for that label', () => {
    expect(labelsOf('a, b', ['a, b'])).toEqual(['a, b']);
    expect(labelsOf('(a) b', ['(a) b'])).toEqual(['(a) b']);
    expect(labelsOf('1', ['1'])).toEqual(['1']);
    expect(labelsOf(1, ['1'])).toEqual(['1']);
  });

  it.each(["['a'", "['a' 'b']", '[a]', "['a', 2]", '["a", 2]'])('refuses %s with a reason', (cell) => {
    expect(typeof labelsOf(cell)).toBe('string');
  });

  it('reads back Python lists and JSON arrays of any names', () => {
    const name = fc.string({ unit: fc.constantFrom('a', "'", '"', '\\', ',', '/', ']', '(', ' ', 'é', '\n') });
    fc.assert(
      fc.property(fc.array(name), (names) => {
        expect(labelsOf(`[${names.map(pythonRepr).join(', ')}]`)).toEqual(names);
        expect(labelsOf(JSON.stringify(names))).toEqual(names);
      }),
    );
  });
});
