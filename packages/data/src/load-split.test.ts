import { describe, expect, it } from 'vitest';
import { useTemporaryFolder } from './__fixtures__/temporary-folder.ts';
import { loadSplit } from './load-split.ts';

const folder = useTemporaryFolder();

describe('loadSplit', () => {
  it('returns the posts and what was skipped or dropped', async () => {
    const path = await folder.write('train.csv', 'text,image,labels\nx,a.png,a\ny,b.png\nz,c.png,"a,q"\n');
    const split = await loadSplit({ path, labelSet: ['a'], onBadRow: 'skip', onUnknownLabel: 'drop' });
    expect(split.samples.map(({ text }) => text)).toEqual(['x', 'z']);
    expect(split.problems.map(({ kind, code }) => [kind, code])).toEqual([
      ['row', 'MMHS_DATA_ROW_WIDTH'],
      ['label', 'MMHS_DATA_UNKNOWN_LABEL'],
    ]);
  });

  it.each(['', 'text,image,labels\n', 'text,image,labels\nx\n'])('refuses a file without a usable post: %j', async (content) => {
    const path = await folder.write('empty.csv', content);
    const code = content === '' ? 'MMHS_DATA_MISSING_COLUMN' : 'MMHS_DATA_NO_SAMPLES';
    await expect(loadSplit({ path, labelSet: ['a'], onBadRow: 'skip' })).rejects.toMatchObject({ code });
  });
});
