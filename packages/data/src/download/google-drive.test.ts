import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFileServer } from '../__fixtures__/file-server.ts';
import { useTemporaryFolder } from '../__fixtures__/temporary-folder.ts';
import { downloadFile } from './download-file.ts';
import { googleDriveSource } from './google-drive.ts';

const folder = useTemporaryFolder();
const content = Buffer.from('the archive');
const html = { 'content-type': 'text/html; charset=utf-8' };
const page = (action: string): Buffer =>
  Buffer.from(`<html><body><form id="download-form" action="${action}" method="get">
    <input type="submit" id="uc-download-link" value="Download anyway"/>
    <input type="hidden" name="id" value="F1"><input type="hidden" name="export" value="download">
    <input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="a&amp;b"></form></body></html>`);

it('follows the form before a large file, anew for each connection', async () => {
  const server = await startFileServer({ '/download?id=F1&export=download&confirm=t&uuid=a%26b': { content, breakAfter: 4, breaks: 1 } });
  server.files.set('/uc?export=download&id=F1', { content: page('/download'), headers: html });
  const path = join(folder.fresh(), 'a.zip');
  await downloadFile({ source: googleDriveSource({ id: 'F1', baseUrl: server.url }), path, retryDelay: 1 });
  expect(await readFile(path, 'utf8')).toBe('the archive');
  const expected = ['GET /uc?export=download&id=F1', 'GET /download?id=F1&export=download&confirm=t&uuid=a%26b'];
  expect(server.requests.map((request) => request.replace(' bytes=4-', ''))).toEqual([...expected, ...expected]);
});

it('takes a small file as it comes', async () => {
  const server = await startFileServer({ '/uc?export=download&id=F1': { content } });
  const path = join(folder.fresh(), 'a.zip');
  await downloadFile({ source: googleDriveSource({ id: 'F1', baseUrl: server.url }), path });
  expect(await readFile(path, 'utf8')).toBe('the archive');
});

it.each([
  ['used up', '<p>Sorry, you cannot view or download this file at this time. Quota exceeded</p>', 'too many have downloaded it'],
  ['another page', '<p>Sign in</p>', 'a page without a download form'],
  ['a form that leads elsewhere', page('https://example.org/steal').toString(), 'a page without a download form'],
])('says why it gets no file: %s', async (_, text, got) => {
  const server = await startFileServer({ '/uc?export=download&id=F1': { content: Buffer.from(text), headers: html } });
  const downloading = downloadFile({ source: googleDriveSource({ id: 'F1', baseUrl: server.url }), path: join(folder.fresh(), 'a') });
  await expect(downloading).rejects.toMatchObject({ code: 'MMHS_DATA_DOWNLOAD', message: expect.stringContaining(got) });
});
