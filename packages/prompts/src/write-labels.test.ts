import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeJsonArray, writeLabels } from './index.ts';

const labelSet = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];

describe('writeLabels', () => {
  it('writes labels in the order of the label set, each once, with a space after commas', () => {
    expect(writeLabels(['otherhate', 'racist', 'otherhate'], labelSet)).toBe('["racist", "otherhate"]');
    expect(writeLabels([], labelSet)).toBe('[]');
  });

  it('refuses a label that the set does not hold, and names it', () => {
    expect(() => writeLabels(['Racist'], labelSet)).toThrow(/got "Racist"; expected one of \["racist"/);
  });
});

describe('writeJsonArray', () => {
  it("writes what Python's json.dumps(ensure_ascii=False) writes", () => {
    const labels = ['a"b', 'back\\slash', 'tab\t', '\u0001', 'é', '😀', '\u2028', '/'];
    expect(writeJsonArray(labels)).toBe('["a\\"b", "back\\\\slash", "tab\\t", "\\u0001", "é", "😀", "\u2028", "/"]');
  });

  it('is read back unchanged by JSON.parse', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (labels) => {
        expect(JSON.parse(writeJsonArray(labels))).toEqual(labels);
      }),
    );
  });
});
