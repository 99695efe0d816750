import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import type { ProgressReporter } from '@mmhs/trainer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Post } from '../labelling/post.ts';
import { readSettings } from '../read-settings.ts';
import { fakeLabeller } from '../testing/fake-labeller.ts';
import { labelFile } from './label-file.ts';

let folder = '';
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'mmhs-file-')); });
afterEach(() => rm(folder, { recursive: true }));

interface RunOptions {
  readonly input?: string;
  readonly flags?: readonly string[];
  readonly names?: readonly string[];
  readonly work?: (posts: readonly Post[]) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Runs the command on a labeller without a model; `seen` are the texts it labelled. */
async function run({ input = 'posts.csv', flags = [], names = ['only'], work = async () => {}, signal = new AbortController().signal }: RunOptions = {}) {
  const seen: string[] = [];
  const notes: string[] = [];
  const updates: number[] = [];
  const progress: ProgressReporter = { start: () => {}, update: ({ done }) => void updates.push(done), note: (text) => void notes.push(text), stop: () => {} };
  const { settings } = readSettings(['--adapter', 'x', '--input', input, '--output', 'out.jsonl', '--batch_size', '2', ...(input.endsWith('.csv') ? ['--text_only'] : []), ...flags]);
  const labeller = fakeLabeller({
    names,
    work: async (posts) => {
      await work(posts);
      seen.push(...posts.map(({ text }) => text));
    },
  });
  const error = await labelFile({ settings, cwd: folder, progress, signal, open: async () => labeller }).catch((reason: unknown) => reason as Error);
  return { seen, notes, updates, error };
}

const rows = async (): Promise<Record<string, unknown>[]> =>
  (await readFile(join(folder, 'out.jsonl'), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

async function writePosts(count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => `p${index},text ${index}`);
  await writeFile(join(folder, 'posts.csv'), ['id,text', ...lines, ''].join('\n'));
}

describe('labelFile', () => {
  it('never takes answers to another file of posts for its own', async () => {
    await writePosts(4);
    await run();
    await writeFile(join(folder, 'other.csv'), 'id,text\np9,new\np1,another text\n');
    const { error, seen } = await run({ input: 'other.csv' });
    expect(error).toMatchObject({ code: 'MMHS_DATA_OUTPUT', message: expect.stringContaining('other.csv:3') as string });
    expect(seen).toEqual([]);
    expect(await rows()).toHaveLength(4);
  });

  it('goes on after rows that an earlier version wrote without a hash', async () => {
    await writePosts(2);
    await writeFile(join(folder, 'out.jsonl'), `${JSON.stringify({ id: 'p0', labels: [], adapter: 'only', adapter_version: 'only-1' })}\n`);
    expect((await run()).seen).toEqual(['text 1']);
  });

  it('writes one row a post, in the order of the posts', async () => {
    await writePosts(20);
    const { error, updates } = await run();
    expect(error).toBeUndefined();
    expect((await rows()).map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => `p${index}`));
    expect((await rows())[10]).toEqual({
      id: 'p10', post_hash: expect.stringMatching(/^[0-9a-f]{12}$/u) as string, labels: [], scores: { long: 0.1, picture: 0 }, raw_generation: 'text 10', valid: true, adapter: 'only', adapter_version: 'only-1',
    });
    expect(updates).toEqual([8, 16, 20]); // four batches of two posts at a time
  });

  it('goes on where it was killed, wherever in the file that was', async () => {
    await writePosts(10);
    await run();
    const whole = await readFile(join(folder, 'out.jsonl'), 'utf8');
    for (const bytes of [0, 1, whole.indexOf('\n'), whole.indexOf('\n') + 1, 700, whole.length - 1]) {
      await writeFile(join(folder, 'out.jsonl'), whole);
      await truncate(join(folder, 'out.jsonl'), bytes);
      const kept = whole.slice(0, bytes).split('\n').length - 1;
      const { seen } = await run();
      expect(seen.length, `cut after ${bytes} bytes`).toBe(10 - kept);
      expect(await readFile(join(folder, 'out.jsonl'), 'utf8')).toBe(whole);
    }
  });

  it('labels nothing again when all is there, and everything with --overwrite', async () => {
    await writePosts(3);
    await run();
    expect((await run()).seen).toEqual([]);
    expect((await run({ flags: ['--overwrite'] })).seen.length).toBe(3);
    expect((await rows()).length).toBe(3);
  });

  it('does not mix its answers with those of another adapter, or with anything else', async () => {
    await writePosts(2);
    await run();
    expect((await run({ names: ['other'] })).error).toMatchObject({ code: 'MMHS_DATA_OUTPUT' });
    await appendFile(join(folder, 'out.jsonl'), 'something else\n');
    const { error } = await run();
    expect(error).toMatchObject({ code: 'MMHS_DATA_OUTPUT', message: expect.stringContaining(`${join(folder, 'out.jsonl')}:3`) as string });
  });

  it('tells unusable rows and pictures by file and row, labels the others, and fails at the end', async () => {
    await writeFile(join(folder, 'posts.jsonl'), ['{"text":"one"}', '{"text":', '{"text":"three","image":"gone.png"}', '{"text":""}', '{"text":"five"}', ''].join('\n'));
    const bad = (posts: readonly Post[]): Promise<void> =>
      posts.some(({ image }) => image !== undefined) ? Promise.reject(new MmhsError('MMHS_IMAGE_UNREADABLE', 'gone')) : Promise.resolve();
    const { error, seen, notes } = await run({ input: 'posts.jsonl', work: bad });
    expect(error).toMatchObject({ code: 'MMHS_DATA_SKIPPED', details: { got: expect.stringContaining('3 unusable') as string } });
    expect(seen).toEqual(['one', 'five']);
    for (const row of [2, 3, 4]) expect(notes.some((note) => note.includes(`posts.jsonl:${row}`)), `row ${row}`).toBe(true);
    expect((await rows()).map(({ id }) => id)).toEqual(['1', '5']);
  });

  it('says how to go without pictures', async () => {
    await writeFile(join(folder, 'texts.CSV'), 'id,text\n1,one\n');
    expect((await run({ input: 'texts.CSV' })).error).toMatchObject({
      code: 'MMHS_DATA_MISSING_COLUMN', details: { fix: expect.stringContaining('--text_only') as string },
    });
  });

  it('stops when told to, with whole rows in the file', async () => {
    await writePosts(50);
    const controller = new AbortController();
    let batches = 0;
    const { error } = await run({ signal: controller.signal, work: async () => { if ((batches += 1) === 3) controller.abort(new Error('stop')); } });
    expect(error).toMatchObject({ message: 'stop' });
    expect((await rows()).length).toBe(24);
    expect((await run()).error).toBeUndefined();
    expect((await rows()).length).toBe(50);
  });
});
