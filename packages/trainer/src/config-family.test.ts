import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VlmFamily } from '@mmhs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseFamily, completeConfig } from './config-family.ts';
import type { TrainingConfig } from './config.ts';

const family = (name: string, ...modelTypes: string[]): VlmFamily =>
  ({ name, modelTypes, defaultModelId: `hub/${name}` }) as unknown as VlmFamily;
const families = [family('one', 'one_a', 'one_b'), family('two', 'two')];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmhs-family-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function choose(name: string, modelType?: string): Promise<string> {
  if (modelType !== undefined) writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: modelType }));
  return (await chooseFamily({ families, name, folder: modelType === undefined ? null : folder })).name;
}

describe('the model family', () => {
  it('is the one named', async () => {
    expect(await choose('two')).toBe('two');
  });

  it("is the one that reads the checkpoint's model_type", async () => {
    expect(await choose('auto', 'one_b')).toBe('one');
    expect(await choose('auto', 'two')).toBe('two');
  });

  it('is the first one when nothing is named', async () => {
    expect(await choose('auto')).toBe('one');
  });

  it.each([
    ['towo', undefined, /--model: .*expected auto, one, two. To fix: did you mean two\?/],
    ['auto', 'three', /config.json: No model family reads this checkpoint; got model_type "three"; expected one_a, one_b, two/],
  ])('%s of a checkpoint %s is refused', async (name, modelType, message) => {
    await expect(choose(name, modelType)).rejects.toThrow(message);
  });

  it('cannot be found for a folder without config.json', async () => {
    await expect(chooseFamily({ families, name: 'auto', folder: join(folder, 'none') })).rejects.toThrow(/The checkpoint cannot be opened/);
  });
});

it('a family fills in its checkpoint and the folder of the run', () => {
  const config = { model: 'auto', model_id: null, out_dir: null } as TrainingConfig;
  expect(completeConfig({ config, family: family('two'), cwd: folder })).toEqual({
    model: 'two', model_id: 'hub/two', out_dir: join(folder, 'runs/two_lora'),
  });
});
