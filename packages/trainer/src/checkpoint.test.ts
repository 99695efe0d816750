import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLatestCheckpoint, rotateCheckpoints, verifyCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { contentOf } from './checkpoint-test-writer.ts';

let runFolder: string;

beforeEach(async () => {
  runFolder = await mkdtemp(join(tmpdir(), 'mmhs-run-'));
});
afterEach(() => rm(runFolder, { recursive: true }));

async function write(step: number, text = `step ${step}`): Promise<string> {
  return writeCheckpoint({
    runFolder,
    step,
    write: async (folder) => {
      await mkdir(join(folder, 'nested'));
      await writeFile(join(folder, 'nested', 'a.txt'), text);
      await writeFile(join(folder, 'b.txt'), '');
    },
  });
}

const latestStep = async () => (await findLatestCheckpoint({ runFolder })).latest?.step;

describe('findLatestCheckpoint', () => {
  it('finds nothing where there is nothing', async () => {
    expect(await findLatestCheckpoint({ runFolder: join(runFolder, 'absent') })).toEqual({ latest: undefined, broken: [] });
  });

  it('finds the highest step, by number', async () => {
    for (const step of [9, 100, 20]) await write(step);
    expect(await findLatestCheckpoint({ runFolder })).toEqual({
      latest: { folder: join(runFolder, 'checkpoint-100'), step: 100 },
      broken: [],
    });
  });

  it.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    ['without its list', (folder) => rm(join(folder, 'complete.json')), /complete\.json/],
    ['with half a list', (folder) => truncate(join(folder, 'complete.json'), 60), /complete\.json/],
    ['with a file missing', (folder) => rm(join(folder, 'b.txt')), /no b\.txt/],
    ['with a file cut short', (folder) => truncate(join(folder, 'nested', 'a.txt'), 3), /nested\/a\.txt of 3 instead of 6/],
    ['with a byte changed', (folder) => writeFile(join(folder, 'nested', 'a.txt'), 'step 3'), /another SHA-256/],
    ['renamed from another step', (folder) => rename(folder, `${folder}0`), /step 2/],
  ])('passes over a checkpoint %s', async (_, damage, reason) => {
    await write(1);
    const folder = await write(2);
    await damage(folder);
    const { latest, broken } = await findLatestCheckpoint({ runFolder });
    expect(latest?.step).toBe(1);
    expect(broken[0]?.reason).toMatch(reason);
  });
});

describe('writeCheckpoint', () => {
  it('replaces a checkpoint of the same step', async () => {
    await write(1, 'old');
    const folder = await write(1, 'new');
    expect(await readFile(join(folder, 'nested', 'a.txt'), 'utf8')).toBe('new');
    expect(await readdir(runFolder)).toEqual(['checkpoint-1']);
    expect(await verifyCheckpoint({ folder })).toEqual({ folder, step: 1 });
  });

  it('leaves the last one alone when writing fails, and removes the remains next time', async () => {
    await write(1);
    const failing = writeCheckpoint({ runFolder, step: 2, write: () => Promise.reject(new Error('disk full')) });
    await expect(failing).rejects.toThrow('disk full');
    expect(await latestStep()).toBe(1);
    await write(3);
    expect((await readdir(runFolder)).sort()).toEqual(['checkpoint-1', 'checkpoint-3']);
  });

  it('keeps a replaced checkpoint findable when the replacement did not arrive', async () => {
    const folder = await write(5);
    await rename(folder, `${folder}.replaced`);
    expect(await latestStep()).toBe(5);
    await write(6);
    expect((await readdir(runFolder)).sort()).toEqual(['checkpoint-5', 'checkpoint-6']);
  });
});

describe('verifyCheckpoint', () => {
  it('says what is damaged', async () => {
    const folder = await write(1);
    await cp(folder, join(runFolder, 'copy'), { recursive: true });
    await rm(join(runFolder, 'copy', 'b.txt'));
    await expect(verifyCheckpoint({ folder: join(runFolder, 'copy') })).rejects.toThrow(/no b\.txt/);
  });
});

describe('rotateCheckpoints', () => {
  const left = async (limit: number | undefined, best?: string) => {
    for (const step of [10, 20, 30, 40]) await write(step);
    await rotateCheckpoints({ runFolder, limit, best });
    return (await readdir(runFolder)).map((name) => Number(name.replace('checkpoint-', ''))).sort((a, b) => a - b);
  };

  it('keeps the newest ones', async () => {
    expect(await left(2)).toEqual([30, 40]);
  });

  it('keeps the best one besides, within the limit', async () => {
    expect(await left(2, 'checkpoint-10')).toEqual([10, 40]);
    expect(await left(3, '/elsewhere/checkpoint-20')).toEqual([20, 30, 40]);
  });

  it('keeps best and newest when the limit is 1', async () => {
    expect(await left(1, 'checkpoint-20')).toEqual([20, 40]);
    expect(await left(1, 'checkpoint-40')).toEqual([40]);
  });

  it('keeps all without a limit', async () => {
    expect(await left(undefined)).toEqual([10, 20, 30, 40]);
  });
});

describe('a process killed at any moment', () => {
  const writer = fileURLToPath(new URL('./checkpoint-test-writer.ts', import.meta.url));
  const kills = Number(process.env.MMHS_KILLS ?? 3);

  /** A process that waits for the step to start with. */
  async function startWriter() {
    const child = spawn(process.execPath, ['--conditions=@mmhs/source', '--import', 'tsx', writer, runFolder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child.stdout, 'data');
    return { child, lastStep: () => Math.max(0, ...output.split('\n').map((line) => Number(line) || 0)) };
  }

  it('leaves a whole checkpoint, at least the last one it finished', { timeout: 20_000 + 3000 * kills }, async () => {
    let finished = 0;
    // Started together, because starting takes longer than the rest.
    const writers = await Promise.all(Array.from({ length: kills }, startWriter));
    for (const { child, lastStep } of writers) {
      child.stdin.write(`${finished + 1}\n`);
      // The last one finishes at least one checkpoint, however slow the machine is.
      if (child === writers.at(-1)?.child) await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150));
      child.kill('SIGKILL');
      await once(child, 'close');

      const { latest, broken } = await findLatestCheckpoint({ runFolder });
      expect(broken).toEqual([]);
      expect(latest?.step ?? 0).toBeGreaterThanOrEqual(Math.max(finished, lastStep()));
      if (latest === undefined) continue;
      finished = latest.step;
      for (let file = 0; file < 3; file += 1) {
        const text = await readFile(join(latest.folder, `${file}.txt`), 'utf8');
        expect(text === contentOf(latest.step, file)).toBe(true);
      }
    }
    expect(finished).toBeGreaterThan(0);
  });
});
