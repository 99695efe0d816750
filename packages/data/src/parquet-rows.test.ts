import type { Sample } from '@mmhs/core';
import { parquetWriteBuffer, type ColumnSource, type SchemaElement } from 'hyparquet-writer';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useTemporaryFolder } from './__fixtures__/temporary-folder.ts';
import { readSamples } from './read-samples.ts';

const folder = useTemporaryFolder();
const labelSet = ['racist', 'sexist, "or" so'];

async function readColumns(columnData: ColumnSource[], schema?: SchemaElement[]): Promise<Sample[]> {
  const bytes = parquetWriteBuffer({ columnData, rowGroupSize: 2, ...(schema === undefined ? {} : { schema }) });
  const path = await folder.write('posts.parquet', new Uint8Array(bytes));
  const samples: Sample[] = [];
  for await (const sample of readSamples({ path, labelSet, imageRoot: '/i' })) samples.push(sample);
  return samples;
}

const text: ColumnSource = { name: 'text', data: ['a', null, 'c'], type: 'STRING', nullable: true };
const image: ColumnSource = { name: 'image', data: ['1.png', '2.png', null], type: 'STRING', nullable: true };

describe('readSamples on Parquet', () => {
  it('reads rows over several row groups, with missing cells and 64-bit identifiers', async () => {
    const samples = await readColumns([
      { name: 'id', data: [7n, 8n, 2n ** 60n], type: 'INT64' },
      { name: 'extra', data: [1, 2, 3], type: 'INT32' },
      text,
      image,
      { name: 'labels', data: ['racist', '[]', '["sexist, \\"or\\" so", "racist"]'], type: 'STRING' },
    ]);
    expect(samples).toEqual([
      { id: '7', text: 'a', imagePath: '/i/1.png', labels: ['racist'], source: 'posts.parquet:1' },
      { id: '8', text: '', imagePath: '/i/2.png', labels: [], source: 'posts.parquet:2' },
      { id: String(2n ** 60n), text: 'c', imagePath: undefined, labels: labelSet, source: 'posts.parquet:3' },
    ]);
  });

  it('reads lists of labels', async () => {
    const labels: ColumnSource = { name: 'labels', data: [['racist'], [], ['sexist, "or" so', 'racist']] };
    const list: SchemaElement[] = [
      { name: 'root', num_children: 3 },
      { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'image', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'labels', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ];
    const samples = await readColumns([text, image, labels].map(({ name, data }) => ({ name, data })), list);
    expect(samples.map((sample) => sample.labels)).toEqual([['racist'], [], labelSet]);
  });

  it('names the row and column of a bad cell', async () => {
    const labels: ColumnSource = { name: 'labels', data: ['racist', 'racist', 'rascist'], type: 'STRING' };
    await expect(readColumns([text, image, labels])).rejects.toMatchObject({
      code: 'MMHS_DATA_UNKNOWN_LABEL',
      details: { where: expect.stringMatching(/posts\.parquet:3:labels$/) },
    });
  });

  it('refuses pictures inside the file, missing columns, and files that are not Parquet', async () => {
    const struct: SchemaElement[] = [
      { name: 'root', num_children: 3 },
      { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'labels', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'image', repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ];
    const embedded = [
      { name: 'text', data: ['a'] },
      { name: 'labels', data: [''] },
      { name: 'image', data: [{ bytes: new Uint8Array([1]), path: 'a.png' }] },
    ];
    await expect(readColumns(embedded, struct)).rejects.toMatchObject({ code: 'MMHS_DATA_EMBEDDED_IMAGES' });
    await expect(readColumns([text, image])).rejects.toMatchObject({ code: 'MMHS_DATA_MISSING_COLUMN' });
    const broken = readSamples({ path: await folder.write('broken.parquet', 'PAR1 but no more PAR1'), labelSet });
    await expect(broken.next()).rejects.toMatchObject({ code: 'MMHS_DATA_PARQUET' });
    const empty = readSamples({ path: await folder.write('empty.parquet', ''), labelSet });
    await expect(empty.next()).rejects.toMatchObject({ code: 'MMHS_DATA_PARQUET', details: { got: 'an empty file' } });
    const directory = readSamples({ path: dirname(await folder.write('inner/x', '')), format: 'parquet', labelSet });
    await expect(directory.next()).rejects.toMatchObject({ code: 'MMHS_DATA_FILE' });
    const missing = readSamples({ path: '/nowhere/x.parquet', labelSet });
    await expect(missing.next()).rejects.toMatchObject({ code: 'MMHS_DATA_FILE' });
  });
});
