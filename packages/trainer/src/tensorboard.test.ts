import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEventLog, tensorboardTags } from './tensorboard.ts';
import { crc32c, encodeRecord, maskedCrc32c } from './tensorboard-record.ts';

const ascii = (text: string) => new TextEncoder().encode(text);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-tensorboard-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('crc32c', () => {
  it('gives the check value of the Castagnoli polynomial and the vectors of RFC 3720', () => {
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
    expect(maskedCrc32c(ascii('123456789'))).toBe(0xc78ab0e5);
  });
});

describe('encodeRecord', () => {
  it('frames the payload between its length and the checksums', () => {
    const record = Buffer.from(encodeRecord(ascii('123456789')));
    expect(record.length).toBe(25);
    expect(record.readBigUInt64LE(0)).toBe(9n);
    expect(record.subarray(12, 21).toString()).toBe('123456789');
    expect(record.readUInt32LE(21)).toBe(0xc78ab0e5);
  });
});

describe('openEventLog', () => {
  it('writes the bytes that the tensorboard package writes', async () => {
    const log = await openEventLog({ folder, resumedStep: 20, now: () => 1_700_000_000_250 });
    await log.writeScalars({ step: 30, values: { 'train/loss': 1.0387, 'train/learning_rate': 2e-4 } });
    await log.writeScalars({ step: 2 ** 40, values: { 'eval/f1_micro': 0 } });
    await log.writeText({ step: 31, tag: 'config', text: 'r = 8' });
    await log.close();
    const expected = await readFile(new URL('./__fixtures__/tensorboard-events.hex', import.meta.url), 'utf8');
    expect((await readFile(log.path)).toString('hex')).toBe(expected.trim());
  });

  it('names files so that TensorBoard finds them and reads them in order', async () => {
    const names: string[] = [];
    for (let run = 0; run < 3; run += 1) {
      const log = await openEventLog({ folder });
      await log.close();
      names.push(log.path);
    }
    expect(new Set(names).size).toBe(3);
    expect(names.toSorted()).toEqual(names);
    for (const name of await readdir(folder)) expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\./);
  });
});

describe('tensorboardTags', () => {
  it('uses the tags of the Python original', () => {
    expect(tensorboardTags({ loss: 1, grad_norm: 2, learning_rate: 3, epoch: 4, step: 5, eval_f1_micro: 6, test_f1_macro: 7, note: 'x' })).toEqual({
      'train/loss': 1,
      'train/grad_norm': 2,
      'train/learning_rate': 3,
      'train/epoch': 4,
      'eval/f1_micro': 6,
      'test/f1_macro': 7,
    });
  });
});
