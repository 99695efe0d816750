import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearRunFolder } from './run-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('clearRunFolder', () => {
  it.each(['checkpoint-12', 'lora_adapter', 'trained_weights'])('refuses a folder with %s, and says what to do', async (name) => {
    await mkdir(join(folder, name));
    await expect(clearRunFolder({ folder, overwrite: false })).rejects.toThrow(new RegExp(`${name}.*--resume.*--out_dir.*--overwrite_out_dir`));
    expect(await readdir(folder)).toEqual([name]);
  });

  it('removes what a run wrote and nothing else when told to', async () => {
    for (const name of ['checkpoint-1', 'checkpoint-2.replaced', '.checkpoint-3.unfinished', 'logs', 'features', 'notes']) {
      await mkdir(join(folder, name));
    }
    for (const name of ['metrics.jsonl', 'val_metrics.json', 'my_metrics.json']) await writeFile(join(folder, name), '');
    await clearRunFolder({ folder, overwrite: true });
    expect((await readdir(folder)).sort()).toEqual(['features', 'my_metrics.json', 'notes']);
  });

  it('clears the logs of a run that was stopped before its first checkpoint', async () => {
    await mkdir(join(folder, 'logs'));
    await clearRunFolder({ folder, overwrite: false });
    expect(await readdir(folder)).toEqual([]);
  });

  it('accepts a folder that is not there yet', async () => {
    await expect(clearRunFolder({ folder: join(folder, 'new'), overwrite: false })).resolves.toBeUndefined();
  });
});
