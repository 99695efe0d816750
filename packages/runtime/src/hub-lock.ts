import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isObject } from './json-access.ts';

/** Milliseconds between signs of life, between looks at another's lock, and until a silent owner counts as gone. */
const rhythm = { heartbeat: 5000, look: 200, gone: 30_000 };

/**
 * Does work that only one process may do at a time. The lock is a file that names its owner; one whose owner has ended, or
 * given no sign of life for half a minute, is taken over.
 */
export async function withLock<Result>(options: {
  readonly path: string;
  readonly work: () => Promise<Result>;
  /** Called once when another process has the lock. */
  readonly onWait?: () => void;
  readonly signal?: AbortSignal | undefined;
}): Promise<Result> {
  const { path, work, onWait, signal } = options;
  await mkdir(dirname(path), { recursive: true });
  const owner = `${process.pid} ${hostname()} ${randomBytes(6).toString('hex')}`;
  for (let told = false; !(await tryLock(path, owner)); told = true) {
    signal?.throwIfAborted();
    if (await removeAbandoned(path)) continue;
    if (!told) onWait?.();
    await wait(rhythm.look);
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), rhythm.heartbeat);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readOwner(path)) === owner) await rm(path, { force: true });
  }
}

async function tryLock(path: string, owner: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(owner).finally(() => file.close());
    return true;
  } catch (error) {
    if (isObject(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a dead owner's lock away. Renaming first finds out whether another process was faster and holds a new one. */
async function removeAbandoned(path: string): Promise<boolean> {
  // In this order: the age must not be an earlier owner's.
  const owner = await readOwner(path);
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return true;
  if (!hasEnded(owner) && Date.now() - facts.mtimeMs < rhythm.gone) return false;
  const taken = `${path}.${randomBytes(6).toString('hex')}`;
  const renamed = await rename(path, taken).then(() => true, () => false);
  if (!renamed) return false;
  if ((await readOwner(taken)) !== owner) await link(taken, path).catch(() => undefined);
  await rm(taken, { force: true });
  return true;
}

async function readOwner(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** Whether a process of this machine is known to be gone. */
function hasEnded(owner: string): boolean {
  const [pid = '', host] = owner.split(' ');
  if (host !== hostname() || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return isObject(error) && error.code === 'ESRCH';
  }
}
