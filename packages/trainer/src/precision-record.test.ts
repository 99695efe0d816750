import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labellerPrecision, precisionFile, readPrecision } from './precision-record.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-precision-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the record of precision', () => {
  it('is a file only where something is not float32, and is read back', async () => {
    expect(precisionFile({ vision_products: 'float32', weights: 'float32' })).toEqual({});
    expect(await readPrecision(folder)).toEqual({ vision_products: 'float32', weights: 'float32' });
    const record = { vision_products: 'float32', weights: 'nf4' } as const;
    const [[name = '', text = ''] = []] = Object.entries(precisionFile(record));
    await writeFile(join(folder, name), text);
    expect(await readPrecision(folder)).toEqual(record);
  });

  it.each(['{"vision_products": "int7"}', '[]', '{"vision_products": "int8", "more": 1}', 'no JSON'])('is refused when it says %s', async (text) => {
    await writeFile(join(folder, 'precision.json'), text);
    await expect(readPrecision(folder)).rejects.toThrow(expect.objectContaining({ code: 'MMHS_LABELLER_PRECISION' }));
  });

  it('decides where nothing else is asked for', () => {
    const record = { vision_products: 'int8', weights: 'nf4' } as const;
    expect(labellerPrecision(record, {})).toEqual({ language: 'weights-nf4', vision: 'int8' });
    expect(labellerPrecision(record, { merge: true })).toEqual({ language: 'float32', vision: 'int8' });
    expect(labellerPrecision(record, { precision: 'weights-int4', visionPrecision: 'float32' })).toEqual({ language: 'weights-int4', vision: 'float32' });
  });
});
