import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { decodeImage } from '@mmhs/images';
import type { ProgressReporter } from '@mmhs/trainer';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { labelFile } from './file/label-file.ts';
import { labelPost } from './label-post.ts';
import { labellerSettings } from './labeller-settings.ts';
import { openPostLabeller } from './labelling/open-post-labeller.ts';
import { readSettings } from './read-settings.ts';
import { createPostService } from './service.ts';
import type { InferSettings } from './settings.ts';
import { demoFolder, trainTinyAdapter } from './testing/tiny-adapter.ts';

// Counts calls; everything stays as it is.
vi.mock('@mmhs/images', { spy: true });

const appFolder = join(import.meta.dirname, '..');
const posts = [
  { id: 'a', text: 'they painted a brelo behind the dulmar', image_path: join(demoFolder, 'images/test-003.png') },
  { id: 'b', text: 'the tree behind the old chair', image_path: join(demoFolder, 'images/test-001.png') },
  { id: 'c', text: 'only a text' },
];

let tiny: Awaited<ReturnType<typeof trainTinyAdapter>>;
beforeAll(async () => {
  tiny = await trainTinyAdapter();
  await writeFile(join(tiny.folder, 'posts.jsonl'), posts.map((post) => `${JSON.stringify(post)}\n`).join(''));
}, 120_000);
afterAll(() => tiny.remove());

/** Starts the app as its package script does, and waits until it listens. */
async function serving(): Promise<{ child: ChildProcess; url: string }> {
  const node = ['--conditions=@mmhs/source', '--import=tsx', 'src/main.ts'];
  const child = spawn(process.execPath, [...node, '--adapter', tiny.adapter, '--threads', '1', '--serve', '--port', '0'], {
    cwd: appFolder, stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: child.stdout as Readable }), 'line')) as [string];
  return { child, url: /http:\S+/u.exec(line)?.[0] ?? '' };
}

function settingsOf(...flags: string[]): InferSettings {
  return readSettings(['--adapter', tiny.adapter, '--threads', '1', ...flags]).settings;
}

const progress: ProgressReporter = { start: () => {}, update: () => {}, note: () => {}, stop: () => {} };
const { signal } = new AbortController();
const cwd = demoFolder;

describe('the app on a real, tiny model', () => {
  it('gives a post the same answer from the command line, from a file, and over HTTP, whatever its batch', async () => {
    const server = serving();
    const output = join(tiny.folder, 'labels.jsonl');
    await labelFile({ settings: settingsOf('--input', join(tiny.folder, 'posts.jsonl'), '--output', output), cwd, progress, signal });
    const rows = (await readFile(output, 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map(({ id }) => id)).toEqual(['a', 'b', 'c']);

    const { text, image_path: image } = posts[0] as Required<(typeof posts)[0]>;
    const single = await labelPost({ settings: settingsOf('--text', text, '--image', image, '--json'), cwd, signal });
    const { id: _, post_hash: __, ...first } = rows[0] ?? {};
    expectClose(JSON.parse(single) as Record<string, unknown>, first);

    const { child, url } = await server;
    const lines = await Promise.all(posts.map(async ({ image_path: path, ...post }) =>
      JSON.stringify({ ...post, ...(path === undefined ? {} : { image_base64: await readFile(path, 'base64') }) })));
    const response = await fetch(`${url}/invocations`, { method: 'POST', body: `${lines.join('\n')}\n`, headers: { 'content-type': 'application/jsonlines' } });
    const answers = (await response.text()).trimEnd().split('\n').map((answer) => JSON.parse(answer) as Record<string, unknown>);
    answers.forEach((answer, index) => {
      const { post_hash: _hash, ...row } = rows[index] ?? {};
      expectClose(answer, row);
    });

    const prompt = await fetch(`${url}/prompt`, { method: 'POST', body: lines[2] ?? '', headers: { 'content-type': 'application/json' } });
    expect(((await prompt.json()) as { text: string }).text).toMatch(/strict multi-label.*only a text/su);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([143, null]);
  }, 120_000);

  it('decodes the picture of a request once, to check it and to label it', async () => {
    const labeller = await openPostLabeller(labellerSettings(settingsOf('--text', 'unused'), cwd));
    const service = createPostService({ labeller, limits: { lines: 1, textLength: 100, pixels: 1e6 } });
    const { text, image_path: image } = posts[0] as Required<(typeof posts)[0]>;
    const body = Buffer.from(JSON.stringify({ text, image_base64: await readFile(image, 'base64') }));
    vi.mocked(decodeImage).mockClear();
    const [requested] = await service.read({ body, format: 'json' });
    if (requested === undefined || 'error' in requested) throw new Error('The post should be usable');
    const [prepared] = await service.prepare({ posts: [requested.post] });
    if (prepared === undefined || 'error' in prepared) throw new Error('The picture should be usable');
    const [fromBytes, fromFile] = await service.label({ adapter: requested.adapter, posts: [
      prepared.post, { text, image: { path: image }, source: 'a file' },
    ] });
    expect(fromBytes).toEqual(fromFile);
    expect(vi.mocked(decodeImage)).toHaveBeenCalledTimes(2); // the request's, and that of the file
    await service.close();
  });

  it('refuses a text that would take all memory, on its own', async () => {
    const labeller = await openPostLabeller(labellerSettings(settingsOf('--text', 'unused'), cwd));
    const service = createPostService({ labeller, limits: { lines: 3, textLength: 20_000, pixels: 1e6 } });
    const texts = ['before', 'z q '.repeat(5000), 'behind'];
    const results = await service.label({ adapter: labeller.adapters[0]?.name ?? '', posts: texts.map((text, index) => ({ text, image: undefined, source: `line ${index + 1}` })) });
    expect(results.map((result) => ('error' in result ? [result.error.code, result.error.details.where] : result.answer.valid)))
      .toEqual([true, ['MMHS_PROMPT_TOO_LONG', 'line 2'], true]);
    await service.close();
  });

  it('leaves out a post whose picture is a folder, and labels the others', async () => {
    const input = join(tiny.folder, 'folder.csv');
    await writeFile(input, `id,text,image_path\na,one,${tiny.folder}\nb,two,${posts[0]?.image_path}\n`);
    const output = join(tiny.folder, 'folder.jsonl');
    await expect(labelFile({ settings: settingsOf('--input', input, '--output', output), cwd, progress, signal }))
      .rejects.toMatchObject({ code: 'MMHS_DATA_SKIPPED' });
    expect((JSON.parse(await readFile(output, 'utf8')) as { id: string }).id).toBe('b');
  });

  it('names a picture that is not there', async () => {
    const labelled = labelPost({ settings: settingsOf('--text', 'a', '--image', 'missing.png'), cwd, signal });
    await expect(labelled).rejects.toMatchObject({ code: 'MMHS_IMAGE_UNREADABLE', message: expect.stringContaining('missing.png') as string });
  });
});

/** The same answer; scores up to rounding, which depends on the batch. */
function expectClose(row: Record<string, unknown>, expected: Record<string, unknown>): void {
  const { scores, ...rest } = row;
  const { scores: expectedScores, ...expectedRest } = expected;
  expect(rest).toEqual(expectedRest);
  for (const [label, score] of Object.entries(expectedScores ?? {})) {
    expect((scores as Record<string, number>)[label]).toBeCloseTo(score as number, 4);
  }
  expect(Object.keys((scores ?? {}) as object)).toEqual(Object.keys((expectedScores ?? {}) as object));
}
