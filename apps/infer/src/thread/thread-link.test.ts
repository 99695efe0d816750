import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { linkThread, type ThreadLink } from './thread-link.ts';

/** A thread that hands back a prompt's text, fails on a label, never answers a read, and ends on close. */
const code = `
  const { parentPort } = require('node:worker_threads');
  let cancelled = [];
  parentPort.on('message', ({ request, command, cancel }) => {
    if (cancel !== undefined) return cancelled.push(cancel);
    if (command.name === 'prompt') parentPort.postMessage({ request, value: command.post.text || cancelled });
    if (command.name === 'label') parentPort.postMessage({ request, error: { code: 'MMHS_X', message: 'told whole', details: { got: 'y' } } });
    if (command.name === 'close') process.exit(3);
  });
  parentPort.postMessage({ request: 0, value: 'ready' });
`;

const workers: Worker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate();
});

function start(): ThreadLink {
  const worker = new Worker(code, { eval: true });
  workers.push(worker);
  return linkThread(worker);
}

const prompt = (text: string) => ({ name: 'prompt', adapter: '', post: { text, image: undefined, source: '' } }) as const;
const read = { name: 'read', body: new Uint8Array(), format: 'json' } as const;

describe('linkThread', () => {
  it('matches answers to commands, after the first word of the thread', async () => {
    const { started, send } = start();
    expect(await started).toBe('ready');
    expect(await Promise.all(['a', 'b', 'c'].map((text) => send(prompt(text))))).toEqual(['a', 'b', 'c']);
  });

  it('gives errors back as they were', async () => {
    const { send } = start();
    await expect(send({ name: 'label', adapter: '', posts: [] })).rejects.toMatchObject({
      code: 'MMHS_X', message: 'told whole', details: { got: 'y' },
    });
  });

  it('stops waiting on an abort and tells the thread', async () => {
    const { send } = start();
    const controller = new AbortController();
    const waiting = send(read, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(await send(prompt(''))).toEqual([1]);
  });

  it('leaves nobody waiting when the thread ends', async () => {
    const { send, gone } = start();
    const waiting = send(read);
    void send({ name: 'close' }).catch(() => undefined);
    await expect(waiting).rejects.toMatchObject({ code: 'MMHS_SERVER_THREAD' });
    await expect(gone).rejects.toMatchObject({ code: 'MMHS_SERVER_THREAD' });
    await expect(send(read)).rejects.toMatchObject({ code: 'MMHS_SERVER_THREAD' });
  });
});
