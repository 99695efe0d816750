import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, MmhsError } from '@mmhs/core';
import { describe, expect, it } from 'vitest';
import { startFileServer } from '../__fixtures__/file-server.ts';
import { useTemporaryFolder } from '../__fixtures__/temporary-folder.ts';
import { downloadFile, type DownloadFileOptions } from './download-file.ts';
import { urlSource } from './download-source.ts';

const folder = useTemporaryFolder();
const random = createRandom(1);
const content = Uint8Array.from({ length: 200_000 }, () => random.integer(256));
const sha256 = createHash('sha256').update(content).digest('hex');
const quick = { retryDelay: 1 } as const;

async function expectCode(promise: Promise<unknown>, code: string): Promise<MmhsError> {
  const error: unknown = await promise.then(() => expect.fail('it succeeded'), (thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  return error as MmhsError;
}

describe('downloadFile', () => {
  it('takes a broken connection up where it broke, as often as it takes', async () => {
    const server = await startFileServer({ '/a.zip': { content, etag: '"1"', breakAfter: 30_000 } });
    const path = join(folder.fresh(), 'a.zip');
    const progress: number[] = [];
    await downloadFile({
      source: urlSource(`${server.url}/a.zip`), path, expected: { bytes: content.length, sha256 }, ...quick,
      onProgress: ({ file, receivedBytes, totalBytes }) => {
        expect([file, totalBytes]).toEqual(['a.zip', content.length]);
        progress.push(receivedBytes);
      },
    });
    expect(Buffer.compare(await readFile(path), content)).toBe(0);
    expect(server.requests.length).toBeGreaterThanOrEqual(7);
    expect(server.requests.at(-1)).toMatch(/^GET \/a\.zip bytes=1[789]\d{4}-$/);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(content.length);
    expect(existsSync(`${path}.part`) || existsSync(`${path}.part.json`)).toBe(false);
  });

  it('goes on with what an earlier run left, and does nothing once the file is there', async () => {
    const server = await startFileServer({ '/a.zip': { content, etag: '"1"' } });
    const path = join(folder.fresh(), 'a.zip');
    const controller = new AbortController();
    const options: DownloadFileOptions = { source: urlSource(`${server.url}/a.zip`), path, expected: { sha256 }, ...quick };
    const stopped = downloadFile({
      ...options, signal: controller.signal,
      onProgress: ({ receivedBytes }) => receivedBytes > 0 && controller.abort(new Error('stopped by the user')),
    });
    await expect(stopped).rejects.toThrow('stopped by the user');
    const { size } = await stat(`${path}.part`);
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(content.length);
    await downloadFile(options);
    expect(server.requests.at(-1)).toBe(`GET /a.zip bytes=${size}-`);
    expect(Buffer.compare(await readFile(path), content)).toBe(0);
    await downloadFile(options);
    expect(server.requests).toHaveLength(2);
  });

  it('starts over when the file has changed since', async () => {
    const server = await startFileServer({ '/a.zip': { content: new Uint8Array(200_000), etag: '"old"', breakAfter: 1000 } });
    const path = join(folder.fresh(), 'a.zip');
    const source = urlSource(`${server.url}/a.zip`);
    const controller = new AbortController();
    const first = downloadFile({
      source, path, ...quick, signal: controller.signal,
      onProgress: ({ receivedBytes }) => receivedBytes > 0 && controller.abort(),
    });
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    server.files.set('/a.zip', { content, etag: '"new"' });
    await downloadFile({ source, path, expected: { sha256 }, ...quick });
    expect(Buffer.compare(await readFile(path), content)).toBe(0);
  });

  it('starts over when only the size betrays the change', async () => {
    const server = await startFileServer({ '/a.zip': { content: new Uint8Array(300_000), breakAfter: 50_000 } });
    const path = join(folder.fresh(), 'a.zip');
    const source = urlSource(`${server.url}/a.zip`);
    const downloading = downloadFile({
      source, path, expected: { sha256 }, ...quick,
      onProgress: () => server.files.set('/a.zip', { content }),
    });
    await downloading;
    expect(Buffer.compare(await readFile(path), content)).toBe(0);
  });

  it('manages without ranges, and with a partial file that is complete already', async () => {
    const server = await startFileServer({ '/a.zip': { content, breakAfter: 100_000, breaks: 2, noRanges: true } });
    const source = urlSource(`${server.url}/a.zip`);
    const path = join(folder.fresh(), 'a.zip');
    await downloadFile({ source, path, expected: { sha256 }, ...quick });
    const other = await folder.write('complete/a.zip.part', content);
    await writeFile(`${other}.json`, JSON.stringify({ source: source.name, validator: null, totalBytes: content.length }));
    server.files.set('/a.zip', { content });
    await downloadFile({ source, path: other.replace('.part', ''), expected: { sha256 }, ...quick });
    expect(server.requests.at(-1)).toBe(`GET /a.zip bytes=${content.length}-`);
  });

  it('waits when the server is busy, and gives up after some attempts without a byte, keeping what it has', async () => {
    const server = await startFileServer({ '/a.zip': { content, statuses: [503, 429, 500] } });
    const path = join(folder.fresh(), 'a.zip');
    await downloadFile({ source: urlSource(`${server.url}/a.zip`), path, ...quick });
    expect(server.requests).toHaveLength(4);
    await server.close();
    const failing = downloadFile({ source: urlSource(`${server.url}/a.zip`), path: `${path}2`, attempts: 3, ...quick });
    const error = await expectCode(failing, 'MMHS_DATA_DOWNLOAD');
    expect(error.message).toMatch(/ECONNREFUSED.*3 times in a row.*kept in .*a\.zip2\.part/s);
  });

  it('counts a connection that falls silent as broken', async () => {
    const server = await startFileServer({ '/a.zip': { content, breakAfter: 0, hang: true } });
    const downloading = downloadFile({
      source: urlSource(`${server.url}/a.zip`), path: join(folder.fresh(), 'a.zip'), attempts: 1, idleTimeout: 50, ...quick,
    });
    const error = await expectCode(downloading, 'MMHS_DATA_DOWNLOAD');
    expect(error.message).toContain('nothing arrived for 0.05 s');
  });

  it('refuses other content than expected, and forgets it', async () => {
    const server = await startFileServer({ '/a.zip': { content } });
    const path = join(folder.fresh(), 'a.zip');
    const source = urlSource(`${server.url}/a.zip`);
    const wrong = '0'.repeat(64);
    const error = await expectCode(downloadFile({ source, path, expected: { sha256: wrong } }), 'MMHS_DATA_CHECKSUM');
    expect(error.details).toMatchObject({ got: `SHA-256 ${sha256}`, expected: wrong });
    expect(existsSync(path) || existsSync(`${path}.part`)).toBe(false);
    await expectCode(downloadFile({ source, path, expected: { bytes: 7 } }), 'MMHS_DATA_CHECKSUM');
    // What Git itself calls this content: printf 'hello\n' | git hash-object --stdin
    server.files.set('/hello', { content: Buffer.from('hello\n') });
    const hello = urlSource(`${server.url}/hello`);
    await downloadFile({ source: hello, path, expected: { gitBlob: 'ce013625030ba8dba906f756967f9e9ca394464a' } });
  });

  it('keeps a complete download when it is stopped while checking it', async () => {
    const server = await startFileServer({ '/a.zip': { content } });
    const path = join(folder.fresh(), 'a.zip');
    const controller = new AbortController();
    const stopped = downloadFile({
      source: urlSource(`${server.url}/a.zip`), path, expected: { sha256 }, signal: controller.signal,
      onProgress: ({ receivedBytes }) => receivedBytes === content.length && controller.abort(new MmhsError('MMHS_INTERRUPTED', 'stopped')),
    });
    await expectCode(stopped, 'MMHS_INTERRUPTED');
    expect((await stat(`${path}.part`)).size).toBe(content.length);
  });

  it('says no at once to missing files, refusals, web pages, and disks that are too small', async () => {
    const server = await startFileServer({
      '/secret': { content, statuses: [401, 401] },
      '/page': { content, headers: { 'content-type': 'text/html; charset=utf-8' } },
      '/huge': { content, headers: { 'content-length': String(2 ** 50) } },
    });
    const get = (name: string): Promise<void> =>
      downloadFile({ source: urlSource(server.url + name), path: join(folder.fresh(), 'x'), ...quick });
    expect((await expectCode(get('/nothing'), 'MMHS_DATA_DOWNLOAD')).message).toContain('status 404');
    expect((await expectCode(get('/secret'), 'MMHS_DATA_DOWNLOAD')).message).toContain('HF_TOKEN');
    expect((await expectCode(get('/page'), 'MMHS_DATA_DOWNLOAD')).message).toContain('a web page instead of a file');
    expect((await expectCode(get('/huge'), 'MMHS_DATA_DISK_SPACE')).message).toContain('1125899.9 GB');
    expect(server.requests).toHaveLength(4);
  });

  it('never sends its credentials to another server', async () => {
    const storage = await startFileServer({ '/stored': { content } });
    const hub = await startFileServer({ '/file': { content, statuses: [302], headers: { location: `${storage.url}/stored` } } });
    const source = urlSource(`${hub.url}/file`, { authorization: 'Bearer secret' });
    await downloadFile({ source, path: join(folder.fresh(), 'a'), expected: { sha256 }, ...quick });
    expect(hub.seenHeaders[0]?.authorization).toBe('Bearer secret');
    expect(storage.seenHeaders[0]?.authorization).toBeUndefined();
  });
});
