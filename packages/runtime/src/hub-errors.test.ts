import { describe, expect, it } from 'vitest';
import { describeFileError } from './hub-errors.ts';

const fileError = (code: string): Error => Object.assign(new Error(`${code}: write`), { code });

describe('describeFileError', () => {
  it.each([
    ['ENOSPC', 'MMHS_HUB_DISK_FULL'], ['EDQUOT', 'MMHS_HUB_DISK_FULL'], ['EACCES', 'MMHS_HUB_CACHE'], ['EROFS', 'MMHS_HUB_CACHE'],
  ])('names %s', (code, expected) => {
    expect(describeFileError(fileError(code), '/cache')).toMatchObject({ code: expected, details: { where: '/cache', got: `${code}: write` } });
  });

  it('leaves other errors as they are', () => {
    for (const error of [fileError('EMFILE'), new Error('other'), 'text', undefined]) expect(describeFileError(error, '/cache')).toBe(error);
  });
});
