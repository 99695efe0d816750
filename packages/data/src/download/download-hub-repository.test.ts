import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicHub, type HubAccess } from '@mmhs/core/hub-settings';
import { describe, expect, it } from 'vitest';
import { startFileServer, type FileServer } from '../__fixtures__/file-server.ts';
import { useTemporaryFolder } from '../__fixtures__/temporary-folder.ts';
import { downloadHubRepository } from './download-hub-repository.ts';

const folder = useTemporaryFolder();
const listingUrl = '/api/datasets/someone/memes/tree/main?recursive=true&expand=false';
const gitBlob = (content: Buffer): string => createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');

/** A stand-in for the Hub with one repository: small files in Git, pictures in LFS. */
async function startHub(files: Readonly<Record<string, string>>): Promise<FileServer> {
  const server = await startFileServer();
  offer(server, files);
  return server;
}

function offer(server: FileServer, files: Readonly<Record<string, string>>): void {
  const entries = Object.entries(files).map(([path, text]) => {
    const content = Buffer.from(text);
    server.files.set(`/datasets/someone/memes/resolve/main/${path}`, { content, etag: `"${gitBlob(content)}"` });
    const lfs = { oid: createHash('sha256').update(content).digest('hex'), size: content.length, pointerSize: 100 };
    return { type: 'file', path, size: content.length, oid: gitBlob(content), ...(path.endsWith('.png') ? { lfs } : {}) };
  });
  const content = Buffer.from(JSON.stringify([{ type: 'directory', path: 'img', size: 0 }, ...entries]));
  server.files.set(listingUrl, { content, headers: { 'content-type': 'application/json' } });
}

const settingsOf = (server: FileServer, more: Partial<HubAccess> = {}): HubAccess => ({ ...publicHub, endpoint: server.url, ...more });

describe('downloadHubRepository', () => {
  it('downloads what is wanted, with the token, and asks for nothing once it is complete', async () => {
    const server = await startHub({ 'train.jsonl': 'rows', 'img/1.png': 'one', 'img/2.png': 'two', 'README.md': 'x' });
    const target = folder.fresh();
    const progress: number[] = [];
    const options = {
      repository: 'someone/memes', settings: settingsOf(server, { token: 'hf_abc' }), folder: target,
      select: (path: string) => path !== 'README.md', retryDelay: 1,
      onProgress: ({ doneFiles, totalFiles, totalBytes }: { doneFiles: number; totalFiles: number; totalBytes: number }) => {
        expect([totalFiles, totalBytes]).toEqual([3, 10]);
        progress.push(doneFiles);
      },
    };
    await downloadHubRepository(options);
    expect(await readFile(join(target, 'img', '2.png'), 'utf8')).toBe('two');
    expect(existsSync(join(target, 'README.md'))).toBe(false);
    expect(progress).toEqual([0, 1, 2, 3]);
    expect(new Set(server.seenHeaders.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer hf_abc']));
    await server.close();
    await downloadHubRepository({ ...options, settings: settingsOf(server, { offline: true }) });
  });

  it('goes on after a failure with the files that are missing or have changed', async () => {
    const server = await startHub({ 'a.png': 'old', 'b.png': 'other' });
    server.files.delete('/datasets/someone/memes/resolve/main/b.png');
    const options = { repository: 'someone/memes', settings: settingsOf(server), folder: folder.fresh(), concurrency: 1 };
    await expect(downloadHubRepository(options)).rejects.toMatchObject({ code: 'MMHS_DATA_DOWNLOAD' });
    offer(server, { 'a.png': 'old', 'b.png': 'other' });
    server.requests.length = 0;
    await downloadHubRepository(options);
    expect(server.requests).toEqual([`GET ${listingUrl}`, 'GET /datasets/someone/memes/resolve/main/b.png']);
    offer(server, { 'a.png': 'new', 'b.png': 'other' });
    server.requests.length = 0;
    await downloadHubRepository({ ...options, revision: 'main' });
    expect(server.requests).toEqual([]);
  });

  it('fetches anew what has changed at the source while it was not complete', async () => {
    const server = await startHub({ 'a.png': 'old', 'b.png': 'b' });
    server.files.delete('/datasets/someone/memes/resolve/main/b.png');
    const options = { repository: 'someone/memes', settings: settingsOf(server), folder: folder.fresh(), concurrency: 1 };
    await expect(downloadHubRepository(options)).rejects.toMatchObject({ code: 'MMHS_DATA_DOWNLOAD' });
    offer(server, { 'a.png': 'new', 'b.png': 'b' });
    await downloadHubRepository(options);
    expect(await readFile(join(options.folder, 'a.png'), 'utf8')).toBe('new');
  });

  it('refuses content that is not what the Hub lists, and paths that lead out of the folder', async () => {
    const server = await startHub({ 'a.png': 'abc', 'b.txt': 'abc' });
    const options = { repository: 'someone/memes', settings: settingsOf(server), folder: folder.fresh() };
    for (const name of ['a.png', 'b.txt']) {
      server.files.set(`/datasets/someone/memes/resolve/main/${name}`, { content: Buffer.from('xyz') });
      const select = (path: string): boolean => path === name;
      await expect(downloadHubRepository({ ...options, select })).rejects.toMatchObject({ code: 'MMHS_DATA_CHECKSUM' });
    }
    offer(server, { '../evil.txt': 'x' });
    await expect(downloadHubRepository(options)).rejects.toMatchObject({ code: 'MMHS_DATA_DOWNLOAD', details: { got: '"../evil.txt"' } });
  });

  it('explains a refusal, and being offline', async () => {
    const server = await startFileServer({ [listingUrl]: { content: Buffer.from(''), statuses: [401] } });
    const options = { repository: 'someone/memes', settings: settingsOf(server), folder: folder.fresh() };
    await expect(downloadHubRepository(options)).rejects.toMatchObject({
      code: 'MMHS_DATA_DOWNLOAD', message: expect.stringMatching(/401.*HF_TOKEN/s),
    });
    const offline = downloadHubRepository({ ...options, settings: settingsOf(server, { offline: true }) });
    await expect(offline).rejects.toMatchObject({ code: 'MMHS_DATA_OFFLINE' });
  });
});
