import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './hub-lock.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-lock-'));
  path = join(folder, 'deep', 'one.lock');
});

afterEach(() => rm(folder, { recursive: true }));

/** A process that is over. */
const deadProcess = (): number => spawnSync(process.execPath, ['-e', '']).pid;

async function writeLock(owner: string): Promise<void> {
  await withLock({ path, work: async () => undefined });
  await writeFile(path, owner);
}

describe('withLock', () => {
  it('lets one at a time work, and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    };
    await Promise.all(Array.from({ length: 4 }, () => withLock({ path, work })));
    expect(most).toBe(1);
    expect(await readdir(join(folder, 'deep'))).toEqual([]);
  });

  it('is released by work that fails', async () => {
    await expect(withLock({ path, work: () => Promise.reject(new Error('no')) })).rejects.toThrow('no');
    expect(await withLock({ path, work: async () => 'next' })).toBe('next');
  });

  it('takes over from a process that has ended', async () => {
    await writeLock(`${deadProcess()} ${hostname()} x`);
    let waited = false;
    expect(await withLock({ path, work: () => readFile(path, 'utf8'), onWait: () => (waited = true) })).toContain(`${process.pid} `);
    expect(waited).toBe(false);
  });

  it('takes over from an owner without a sign of life, on another machine too', async () => {
    await writeLock('1 elsewhere x');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path, longAgo, longAgo);
    expect(await withLock({ path, work: async () => 'done' })).toBe('done');
  });

  it('waits for a living owner, until it is told to stop', async () => {
    await writeLock(`${process.pid} ${hostname()} x`);
    const controller = new AbortController();
    const waiting = withLock({
      path, work: async () => 'never', signal: controller.signal, onWait: () => controller.abort(new Error('stop waiting')),
    });
    await expect(waiting).rejects.toThrow('stop waiting');
    expect(await readFile(path, 'utf8')).toContain(`${process.pid} `);
  });
});
