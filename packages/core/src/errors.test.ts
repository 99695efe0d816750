import { describe, expect, it } from 'vitest';

import { MmhsError } from './errors.ts';

describe('MmhsError', () => {
  it('says where, what was found, what was expected and how to fix it, in this order', () => {
    const error = new MmhsError('MMHS_DATA_MISSING_COLUMN', 'A column is missing', {
      where: 'train.csv:1', got: '"txt", "labels"', expected: 'a column named "text"', fix: 'pass --text_column txt',
    });
    expect(error.message).toBe(
      'train.csv:1: A column is missing; got "txt", "labels"; expected a column named "text". To fix: pass --text_column txt');
  });

  it('leaves out what is not known', () => {
    expect(new MmhsError('MMHS_X', 'It failed').message).toBe('It failed');
    expect(new MmhsError('MMHS_X', 'It failed', { fix: 'try again' }).message).toBe('It failed. To fix: try again');
    expect(new MmhsError('MMHS_X', 'It failed', { got: '' }).message).toBe('It failed; got ');
  });

  it('is an Error with a code, a name, its details and its cause', () => {
    const cause = new TypeError('underneath');
    const error = new MmhsError('MMHS_X', 'It failed', { where: 'here', cause });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.cause]).toEqual(['MmhsError', 'MMHS_X', cause]);
    expect(error.details).toEqual({ where: 'here', cause });
    expect('cause' in new MmhsError('MMHS_X', 'It failed')).toBe(false);
  });

  it('knows one of its kind from another copy of the package by its mark', () => {
    const fromAnotherCopy = Object.assign(new Error('It failed'), { code: 'MMHS_X', [Symbol.for('mmhs.error')]: true });
    expect(MmhsError.isInstance(fromAnotherCopy)).toBe(true);
    expect(MmhsError.isInstance(new MmhsError('MMHS_X', 'It failed'))).toBe(true);
  });

  it.each([undefined, null, 'MmhsError', 3, new Error('It failed'), { name: 'MmhsError' }])('is not %s', (value) => {
    expect(MmhsError.isInstance(value)).toBe(false);
  });
});
