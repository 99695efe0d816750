import { describe, expect, it } from 'vitest';
import { useTemporaryFolder } from './__fixtures__/temporary-folder.ts';
import { collectLabels, readClassNames } from './class-names.ts';

const folder = useTemporaryFolder();

describe('readClassNames', () => {
  it.each([
    ['lines', '\uFEFFracist\r\nsex, or "gender"\n\n'],
    ['a JSON array', '["racist", "sex, or \\"gender\\""]'],
    ['a label map', '{"class_names": ["racist", "sex, or \\"gender\\""]}'],
  ])('reads %s', async (_, content) => {
    expect(await readClassNames(await folder.write('names', content))).toEqual(['racist', 'sex, or "gender"']);
  });

  it('takes a line that starts with a bracket for a label', async () => {
    expect(await readClassNames(await folder.write('names', '[a] b\nc\n'))).toEqual(['[a] b', 'c']);
  });

  it.each(['{"0": "racist", "1": "sexist"}', '[1, 2]', '{}'])('refuses JSON that is no label list: %s', async (content) => {
    const path = await folder.write('map.json', content);
    await expect(readClassNames(path)).rejects.toMatchObject({ code: 'MMHS_LABELS_INVALID', details: { where: path, got: content } });
  });

  it('refuses an empty list and a missing file', async () => {
    const empty = await folder.write('empty', '\n');
    await expect(readClassNames(empty)).rejects.toMatchObject({ code: 'MMHS_LABELS_INVALID', details: { where: empty } });
    await expect(readClassNames(`${empty}.nowhere`)).rejects.toMatchObject({ code: 'MMHS_DATA_FILE' });
  });
});

describe('collectLabels', () => {
  it('lists every label once, sorted', () => {
    expect(collectLabels([{ labels: ['b'] }, { labels: [] }, { labels: ['a', 'b'] }])).toEqual(['a', 'b']);
  });
});
