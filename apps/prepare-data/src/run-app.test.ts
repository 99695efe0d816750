import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runApp } from './run-app.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-prepare-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A process that runs the app here. */
function startApp(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const text = { stdout: '', stderr: '' };
  const fake = Object.assign(new EventEmitter(), {
    argv: ['node', 'main.ts', ...argv], env, cwd: () => folder, exitCode: 0, ...streams,
    exit: () => expect.fail('it ended at once'),
  });
  for (const name of ['stdout', 'stderr'] as const) streams[name].on('data', (chunk: Buffer) => (text[name] += chunk.toString()));
  const done = runApp(fake as unknown as NodeJS.Process).then(() => ({ exitCode: fake.exitCode, ...text }));
  return { done, text, interrupt: () => fake.emit('SIGINT') };
}

async function write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

const meme = (id: number, label: number): string => `${JSON.stringify({ id, img: `img/${id}.png`, text: `meme ${id}`, label })}\n`;
const memes: Readonly<Record<string, string>> = {
  'train.jsonl': meme(1, 0) + meme(2, 1) + meme(9, 1), 'dev_seen.jsonl': meme(3, 0), 'test_seen.jsonl': meme(4, 1),
  'img/1.png': 'one', 'img/2.png': 'two', 'img/3.png': 'three', 'img/4.png': 'four',
};

describe('prepare', () => {
  it('makes a data set of a folder and tells what is odd; flags in both spellings', async () => {
    await write(Object.fromEntries(Object.entries(memes).map(([path, content]) => [`raw/${path}`, content])));
    const flags = ['--dataset', 'hateful_memes', '--archive', 'raw', '--progress', 'off'];
    const first = await startApp(['--', ...flags, '--out-root', 'made']).done;
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/hateful_memes is ready: .*made\/hateful_memes\n/);
    expect(first.stdout).toContain('train: 1 posts have no picture in the raw data - 9');
    expect(await readFile(join(folder, 'made/hateful_memes/val.csv'), 'utf8')).toBe('text,image_path,label\nmeme 3,images/3.png,0\n');
    const second = await startApp([...flags, '--out_root=made', '--json']).done;
    expect(JSON.parse(second.stdout)).toMatchObject({ outcome: 'unchanged', splits: { train: { posts: 2 } } });
  });

  it.each([
    [['--dataset', 'mmhs'], 2, 'MMHS_CONFIG_INVALID'],
    [['--data_set', 'mmhs150k'], 2, 'did you mean --dataset?'],
    [['--archive', 'nowhere.zip', '--out_root', 'none'], 3, 'MMHS_DATA_FILE'],
  ])('ends %j with exit code %d', async (argv, exitCode, message) => {
    const result = await startApp(argv).done;
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(message);
  });
});

describe('Ctrl-C', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close().closeAllConnections());

  it('ends a download with exit code 130, and the same command goes on from there', async () => {
    const requests: string[] = [];
    let isStuck = true;
    server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '').replace('/datasets/neuralcatcher/hateful_memes/resolve/main/', '');
      const content = memes[path];
      requests.push(path);
      if (content === undefined) {
        const files = Object.entries(memes).map(([name, text]) => ({ type: 'file', path: name, size: text.length }));
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(files));
      } else {
        response.writeHead(200, { 'content-length': content.length });
        if (path === 'img/4.png' && isStuck) response.write('fo');
        else response.end(content);
      }
    });
    await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
    const env = { HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const argv = ['--dataset', 'hateful_memes', '--out_root', 'downloaded', '--progress', 'plain'];
    const first = startApp(argv, env);
    await expect.poll(() => requests.filter((path) => path in memes).length, { timeout: 10_000 }).toBe(Object.keys(memes).length);
    first.interrupt();
    const stopped = await first.done;
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr).toContain('the same command goes on from there');
    expect(stopped.stdout).toBe('');
    isStuck = false;
    requests.length = 0;
    expect((await startApp(argv, env).done).exitCode).toBe(0);
    expect(requests).toContain('img/4.png');
    expect(await readFile(join(folder, 'downloaded/hateful_memes/images/4.png'), 'utf8')).toBe('four');
  });
});

describe('inspect', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

  it('reports on labels and pictures, as text and as JSON', async () => {
    await write({
      'set/class_names.txt': 'a\nb\n',
      'set/train.csv': 'text,image_path,labels\nhello,1.png,a\nhello,2.jpg,"a,b"\nx,3.png,\ny,4.png,c\n',
      'set/test.csv': 'text,image_path,labels\nHELLO https://x.y,5.png,a\n',
      'set/1.png': png, 'set/2.jpg': png, 'set/3.png': 'no picture', 'set/5.png': png,
    });
    const text = await startApp(['inspect', '--data', 'set', '--report', 'report.json', '--progress', 'off']).done;
    expect([text.exitCode, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toMatch(/train: 1 pictures damaged\n.*3\.png/);
    expect(text.stdout).toMatch(/2\.jpg is png/);
    const json = await startApp(['inspect', '--data', 'set', '--json', '--progress', 'off']).done;
    const report: unknown = JSON.parse(json.stdout);
    expect(report).toMatchObject({
      labels: ['a', 'b'],
      splits: { train: { posts: 4, labels: { a: 2, b: 1 }, pictures: { formats: { png: 2 }, missing: [join(folder, 'set/4.png')] } } },
      twins: { counts: expect.arrayContaining([{ split: 'test', other: 'train', samePicture: 1, similarPicture: 1, sameText: 1 }]) },
    });
    expect(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))).toEqual(report);
  });

  it('says that there is nothing, and helps', async () => {
    expect((await startApp(['inspect', '--data', 'nowhere']).done).exitCode).toBe(2);
    const help = await startApp(['inspect', '--help']).done;
    expect(help.stdout).toContain('--max_distance');
    expect((await startApp(['--help']).done).stdout).toContain('--vote_policy');
  });
});
