import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { useTemporaryFolder } from '../__fixtures__/temporary-folder.ts';
import { makeZip, renameInZip } from '../__fixtures__/zip.ts';
import { openRawFiles } from './open-raw-files.ts';
import { openZip } from './open-zip.ts';
import { isPlainPath } from './plain-path.ts';
import type { RawFiles } from './raw-files.ts';
import { defaultZipLimits } from './zip-safety.ts';

const folder = useTemporaryFolder();
let count = 0;
const opened: RawFiles[] = [];

async function open(zip: Uint8Array, limits = defaultZipLimits): Promise<RawFiles> {
  count += 1;
  const raw = await openZip(await folder.write(`${count}.zip`, zip), limits);
  opened.push(raw);
  return raw;
}

afterEach(async () => {
  for (const raw of opened.splice(0)) await raw.close();
});

const code = (name: string) => ({ code: `MMHS_DATA_ARCHIVE${name}` });
const text = async (raw: RawFiles, path: string): Promise<string> => (await raw.read(path, { maxBytes: 1e6 })).toString();

describe('openZip', () => {
  it('lists and reads files, packed or stored, and leaves out folders and what macOS adds', async () => {
    for (const compress of [true, false]) {
      const raw = await open(await makeZip({ 'a/': '', 'a/b.txt': 'abc', 'é.txt': '', '__MACOSX/a/b.txt': 'x' }, { compress }));
      expect([...raw.files]).toEqual([['a/b.txt', 3], ['é.txt', 0]]);
      expect([await text(raw, 'a/b.txt'), await text(raw, 'é.txt')]).toEqual(['abc', '']);
    }
  });

  it('streams large files, and goes on reading others afterwards', async () => {
    const large = 'abcdefgh'.repeat(600_000);
    const raw = await open(await makeZip({ 'a.txt': large, 'b.txt': 'small' }, { compress: false }));
    expect((await raw.read('a.txt', { maxBytes: 1e7 })).toString() === large).toBe(true);
    expect(await text(raw, 'b.txt')).toBe('small');
  });

  it.each(['../x.txt', '/xx.txt', 'C:/x.txt', 'a/../../x'])('refuses an archive with the path %s', async (path) => {
    const name = 'n'.repeat(path.length);
    const zip = renameInZip(await makeZip({ [name]: 'evil' }), name, path);
    await expect(open(zip)).rejects.toMatchObject(code(''));
  });

  it('ignores links, encrypted and repeated entries, and says so', async () => {
    const zip = await makeZip({ 'link.txt': '/etc/passwd', 'lock.txt': 'x', 'one1.txt': 'first', 'one2.txt': 'second' });
    const twice = renameInZip(zip, 'one2.txt', 'one1.txt');
    const entryOf = (name: string): number => twice.lastIndexOf(name) - 46;
    twice.writeUInt32LE((0o120777 << 16) >>> 0, entryOf('link.txt') + 38);
    twice.writeUInt16LE(1, entryOf('lock.txt') + 8);
    const raw = await open(twice);
    expect([...raw.files.keys()]).toEqual(['one1.txt']);
    expect(await text(raw, 'one1.txt')).toBe('first');
    expect(raw.ignored).toEqual([
      { path: 'link.txt', reason: 'not a file' },
      { path: 'lock.txt', reason: 'encrypted' },
      { path: 'one1.txt', reason: 'there twice' },
    ]);
  });

  it('refuses bombs by their directory: too many bytes, too many entries, packed too well, overlapping', async () => {
    const zip = await makeZip({ a: 'x'.repeat(1000), b: 'y'.repeat(1000) });
    await expect(open(zip, { ...defaultZipLimits, totalBytes: 1999 })).rejects.toMatchObject(code('_BOMB'));
    await expect(open(zip, { ...defaultZipLimits, entries: 1 })).rejects.toMatchObject(code('_BOMB'));
    const zeros = await makeZip({ zeros: new Uint8Array(1_000_000) });
    await expect(open(zeros, { ...defaultZipLimits, ratioFrom: 999_999 })).rejects.toMatchObject({ ...code('_BOMB'), message: expect.stringContaining('at most 50 times') });
    // The second entry of the directory is pointed at the first one's bytes.
    zip.writeUInt32LE(0, zip.lastIndexOf('PK\x01\x02') + 42);
    await expect(open(zip)).rejects.toMatchObject({ ...code('_BOMB'), message: expect.stringContaining('overlaps') });
  });

  it('holds files to the size their entry gives', async () => {
    const zip = await makeZip({ a: 'x'.repeat(1000) });
    zip.writeUInt32LE(10, zip.lastIndexOf('PK\x01\x02') + 24);
    const raw = await open(zip);
    await expect(raw.read('a', { maxBytes: 1e6 })).rejects.toMatchObject(code('_ENTRY'));
    await expect(raw.read('a', { maxBytes: 9 })).rejects.toMatchObject(code('_ENTRY'));
  });

  it('finds damage by the checksum, and leaves no damaged file behind', async () => {
    const zip = await makeZip({ 'a.txt': 'content' }, { compress: false });
    zip[zip.indexOf('content')]! += 1;
    const raw = await open(zip);
    const target = join(folder.fresh(), 'a.txt');
    await mkdir(dirname(target));
    await expect(raw.place('a.txt', target)).rejects.toMatchObject({ ...code('_ENTRY'), message: expect.stringContaining('CRC-32') });
    expect(existsSync(target)).toBe(false);
  });

  it.each([
    ['cut short', async () => (await makeZip({ a: 'abc' })).subarray(0, 60)],
    ['a web page', async () => Buffer.from('<html>Sign in to download</html>')],
    ['empty', async () => Buffer.alloc(0)],
  ])('says that a file is no archive: %s', async (_, make) => {
    await expect(open(await make())).rejects.toMatchObject(code(''));
  });
});

describe('openRawFiles', () => {
  it('reads a folder alike', async () => {
    const path = await folder.write('raw/deep/a.txt', 'abc');
    await folder.write('raw/.hidden', 'x');
    const root = dirname(dirname(path));
    const raw = await openRawFiles(root);
    expect([...raw.files]).toEqual([['deep/a.txt', 3]]);
    expect(await text(raw, 'deep/a.txt')).toBe('abc');
    await raw.place('deep/a.txt', join(root, 'linked.txt'));
    expect((await stat(join(root, 'linked.txt'))).ino).toBe((await stat(path)).ino);
    expect(await readFile(join(root, 'linked.txt'), 'utf8')).toBe('abc');
  });

  it('says that there is nothing', async () => {
    await expect(openRawFiles(folder.fresh())).rejects.toMatchObject({ code: 'MMHS_DATA_FILE' });
  });
});

it.each([
  ['a', true], ['a/b.txt', true], ['..a/b..', true], ['', false], ['/a', false], ['a//b', false], ['a/', false], ['../a', false],
  ['a/../b', false], ['./a', false], ['a\\b', false], ['C:/a', false], ['a\0b', false], ['a\nb', false],
])('isPlainPath(%j) is %s', (path, plain) => {
  expect(isPlainPath(path)).toBe(plain);
});
