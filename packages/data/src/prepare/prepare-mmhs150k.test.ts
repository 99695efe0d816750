import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFileServer } from '../__fixtures__/file-server.ts';
import { rawMmhs150k, soundIds, soundTweets, type RawTweet } from '../__fixtures__/raw-mmhs150k.ts';
import { useTemporaryFolder } from '../__fixtures__/temporary-folder.ts';
import { makeZip } from '../__fixtures__/zip.ts';
import { urlSource } from '../download/download-source.ts';
import { googleDriveSource } from '../download/google-drive.ts';
import { loadSplit } from '../load-split.ts';
import { prepareMmhs150k, type PrepareMmhs150kOptions } from './prepare-mmhs150k.ts';

const folder = useTemporaryFolder();
const labelSet = ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'];
const sound = rawMmhs150k({ tweets: soundTweets, ids: soundIds });
let count = 0;

async function archiveOf(files: Readonly<Record<string, string>>): Promise<string> {
  count += 1;
  return folder.write(`archive-${count}.zip`, await makeZip(files));
}

async function prepare(
  files: Readonly<Record<string, string>>,
  options: Partial<PrepareMmhs150kOptions> = {},
): Promise<Awaited<ReturnType<typeof prepareMmhs150k>>> {
  return prepareMmhs150k({ outRoot: folder.fresh(), archive: await archiveOf(files), ...options });
}

const read = (path: string, name: string): Promise<string> => readFile(join(path, name), 'utf8');

describe('prepareMmhs150k', () => {
  it("writes the original's layout: identifiers ordered as text, any vote a label", async () => {
    const { folder: made, outcome, splits, findings } = await prepare(sound);
    expect(outcome).toBe('made');
    expect((await read(made, 'train.csv')).split('\n')).toEqual([
      'text,image_path,labels',
      'post 1001,images/1001.jpg,',
      '"a ""quoted"", text', 'of two lines",images/1002.jpg,"racist,otherhate"',
      'post 999,images/999.jpg,"racist,sexist,otherhate"',
      '',
    ]);
    expect(await read(made, 'class_names.txt')).toBe('racist\nsexist\nhomophobe\nreligion\notherhate\n');
    expect(await read(made, 'images/1005.jpg')).toBe('picture 1005');
    expect((await readdir(made)).sort()).toEqual(['class_names.txt', 'images', 'prepared.json', 'test.csv', 'train.csv', 'val.csv']);
    expect(splits.train).toEqual({
      posts: 3, publishedPosts: 134_823, withoutLabel: 1,
      labels: { racist: 2, sexist: 1, homophobe: 0, religion: 0, otherhate: 2 },
    });
    expect(findings.map(({ code, split }) => [code, split])).toEqual([
      ['split_size', 'train'], ['split_size', 'val'], ['split_size', 'test'],
    ]);
  });

  it('is read back by readSamples as it was', async () => {
    const { folder: made } = await prepare(sound);
    const { samples } = await loadSplit({ path: join(made, 'train.csv'), labelSet });
    expect(samples.map(({ text, labels }) => [text, labels])).toEqual([
      ['post 1001', []],
      ['a "quoted", text\nof two lines', ['racist', 'otherhate']],
      ['post 999', ['racist', 'sexist', 'otherhate']],
    ]);
    for (const { imagePath } of samples) expect(existsSync(imagePath ?? '')).toBe(true);
  });

  it.each([
    ['majority', ['', 'racist', '']],
    ['unanimous', ['', '', '']],
    ['soft', ['', 'racist,otherhate', 'racist,sexist,otherhate']],
  ] as const)('decides by %s', async (votePolicy, labels) => {
    const { folder: made } = await prepare(sound, { votePolicy });
    const { samples } = await loadSplit({ path: join(made, 'train.csv'), labelSet });
    expect(samples.map((sample) => sample.labels.join(','))).toEqual(labels);
    const { samples: val } = await loadSplit({ path: join(made, 'val.csv'), labelSet });
    expect(val[0]?.labels).toEqual(['homophobe']);
  });

  it('keeps the shares of votes and the text in pictures in columns of their own', async () => {
    const { folder: made } = await prepare(sound, { votePolicy: 'soft', ocr: true });
    const lines = (await read(made, 'train.csv')).split('\n');
    expect(lines[0]).toBe('text,image_path,labels,ocr_text,soft_labels');
    expect(lines[1]).toBe('post 1001,images/1001.jpg,,,"[0,0,0,0,0]"');
    expect(lines[3]).toBe('of two lines",images/1002.jpg,"racist,otherhate",SAYS SO,"[0.6667,0,0,0,0.3333]"');
  });

  it('reports what is odd about the archive instead of hiding it', async () => {
    const tweets: RawTweet[] = [
      ...soundTweets,
      { id: '1006', votes: [1, 1, 1] },
      { id: '1007', votes: [7, 0, 0], image: 'x' },
      { id: '1008', votes: [2, 2], image: 'x' },
      { id: '1009', votes: [0, 0, 0], image: 'x' },
    ];
    const ids = { ...soundIds, train: [...soundIds.train, '1006', '1007', '1008', '1008', '1234', '../../x'] };
    const { findings, folder: made } = await prepare(rawMmhs150k({ tweets, ids, strayImages: ['77', '78'] }));
    const byCode = Object.fromEntries(findings.filter(({ code }) => code !== 'split_size').map((each) => [each.code, each.ids]));
    expect(byCode).toEqual({
      bad_ids: ['../../x'],
      duplicate_ids: ['1008'],
      ids_without_entry: ['1234'],
      bad_entries: [expect.stringMatching(/^1007 \(labels\.0: /)],
      unusual_votes: ['1008'],
      entries_without_split: ['1009'],
      images_without_entry: ['77', '78'],
      missing_images: ['1006'],
    });
    expect(await read(made, 'train.csv')).not.toContain('1006');
    expect(JSON.parse(await read(made, 'prepared.json')).report.findings).toHaveLength(findings.length);
  });

  it('keeps or refuses posts without a picture when told so', async () => {
    const files = rawMmhs150k({ tweets: [...soundTweets, { id: '1006', votes: [1] }], ids: { ...soundIds, train: ['1006', '999'] } });
    const { folder: made } = await prepare(files, { onMissingImage: 'keep' });
    expect(await read(made, 'train.csv')).toContain('post 1006,images/1006.jpg,racist\n');
    await expect(prepare(files, { onMissingImage: 'error' })).rejects.toMatchObject({
      code: 'MMHS_DATA_MISSING_IMAGES', message: expect.stringContaining('train: 1 posts have no picture in the raw data, such as 1006'),
    });
  });

  it('refuses splits that share posts', async () => {
    const files = rawMmhs150k({ tweets: soundTweets, ids: { ...soundIds, train: ['999', '1005'] } });
    await expect(prepare(files)).rejects.toMatchObject({
      code: 'MMHS_DATA_SPLIT_OVERLAP', message: expect.stringMatching(/Posts of train are also in test.*1 in both: 1005/s),
    });
  });

  it.each(['MMHS150K/MMHS150K_GT.json', 'MMHS150K/splits/val_ids.txt'])('says that %s is missing', async (missing) => {
    const { [missing]: _, ...files } = sound;
    await expect(prepare(files)).rejects.toMatchObject({ code: 'MMHS_DATA_RAW_FORMAT' });
  });

  it('leaves out posts whose pictures are damaged in the archive, now and when it is run again', async () => {
    const zip = await makeZip(sound, { compress: false });
    zip[zip.indexOf('picture 1002')]! += 1;
    const archive = await folder.write('damaged.zip', zip);
    const outRoot = folder.fresh();
    for (const overwrite of [false, true]) {
      const options = { outRoot, archive, overwrite, votePolicy: overwrite ? 'soft' : 'any' } as const;
      const { findings, splits } = await prepareMmhs150k(options);
      expect(findings.find(({ code }) => code === 'damaged_images')).toMatchObject({ split: 'train', ids: ['1002'] });
      expect(splits.train.posts).toBe(2);
      expect(existsSync(join(outRoot, 'mmhs150k', 'images', '1002.jpg'))).toBe(false);
    }
  });

  it('takes an unpacked folder too, and links its pictures', async () => {
    const root = folder.fresh();
    for (const [path, content] of Object.entries(sound)) {
      if (path.endsWith('/')) continue;
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    const { folder: made } = await prepareMmhs150k({ outRoot: root, archive: join(root, 'MMHS150K') });
    const [linked, raw] = await Promise.all([
      stat(join(made, 'images/999.jpg')), stat(join(root, 'MMHS150K/img_resized/999.jpg')),
    ]);
    expect(linked.ino).toBe(raw.ino);
  });
});

describe('a second run', () => {
  it('does nothing when all is as it was, and never overwrites unasked', async () => {
    const archive = await archiveOf(sound);
    const outRoot = folder.fresh();
    const first = await prepareMmhs150k({ outRoot, archive });
    const { mtimeMs } = await stat(join(first.folder, 'train.csv'));
    const second = await prepareMmhs150k({ outRoot, archive });
    expect(second).toEqual({ ...first, outcome: 'unchanged' });
    expect((await stat(join(first.folder, 'train.csv'))).mtimeMs).toBe(mtimeMs);
    await expect(prepareMmhs150k({ outRoot, archive, ocr: true })).rejects.toMatchObject({
      code: 'MMHS_DATA_OUTPUT_EXISTS', message: expect.stringContaining('"ocr":false'),
    });
    await expect(prepareMmhs150k({ outRoot, archive: await archiveOf(sound) })).rejects.toMatchObject({
      code: 'MMHS_DATA_OUTPUT_EXISTS', message: expect.stringContaining('made from another archive'),
    });
    await writeFile(join(first.folder, 'train.csv'), 'edited');
    await expect(prepareMmhs150k({ outRoot, archive })).rejects.toMatchObject({ code: 'MMHS_DATA_OUTPUT_EXISTS' });
  });

  it('with other settings links the pictures it has', async () => {
    const archive = await archiveOf(sound);
    const outRoot = folder.fresh();
    const { folder: made } = await prepareMmhs150k({ outRoot, archive });
    const { ino } = await stat(join(made, 'images/999.jpg'));
    await prepareMmhs150k({ outRoot, archive, ocr: true, overwrite: true });
    expect((await stat(join(made, 'images/999.jpg'))).ino).toBe(ino);
    expect(await read(made, 'train.csv')).toContain('ocr_text');
    expect((await readdir(outRoot)).sort()).toEqual(['mmhs150k']);
  });

  it('goes on where it was stopped, and makes again what was cut off', async () => {
    const tweets = Array.from({ length: 60 }, (_, index) => ({ id: String(2000 + index), votes: [0], image: `picture ${index}` }));
    const ids = { train: tweets.slice(2).map(({ id }) => id), val: ['2000'], test: ['2001'] };
    const archive = await archiveOf(rawMmhs150k({ tweets, ids }));
    const outRoot = folder.fresh();
    const controller = new AbortController();
    const stopped = prepareMmhs150k({
      outRoot, archive, signal: controller.signal,
      onProgress: ({ done }) => done >= 20 && controller.abort(new Error('stopped')),
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await readdir(outRoot)).toEqual(['mmhs150k.partial']);
    const images = join(outRoot, 'mmhs150k.partial', 'images');
    const [kept, cut] = await readdir(images);
    const { ino } = await stat(join(images, kept!));
    await writeFile(join(images, cut!), 'pict');
    const starts: number[] = [];
    const { folder: made } = await prepareMmhs150k({ outRoot, archive, onProgress: ({ done }) => starts.push(done) });
    expect(starts[0]).toBeGreaterThanOrEqual(19);
    expect((await stat(join(made, 'images', kept!))).ino).toBe(ino);
    for (const [index, { id }] of tweets.entries()) expect(await read(made, `images/${id}.jpg`)).toBe(`picture ${index}`);
    expect(await readdir(outRoot)).toEqual(['mmhs150k']);
  });

  it('does not mix pictures of two archives', async () => {
    const outRoot = folder.fresh();
    const stop = new AbortController();
    const first = prepareMmhs150k({
      outRoot, archive: await archiveOf(sound), signal: stop.signal, onProgress: ({ done }) => done === 5 && stop.abort(),
    });
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    const other = rawMmhs150k({ tweets: soundTweets.map((tweet) => ({ ...tweet, image: `PICTURE ${tweet.id}` })), ids: soundIds });
    const { folder: made } = await prepareMmhs150k({ outRoot, archive: await archiveOf(other) });
    expect(await read(made, 'images/999.jpg')).toBe('PICTURE 999');
  });
});

describe('without an archive', () => {
  it('downloads it, over a connection that breaks, from the next source if one fails, and only once', async () => {
    const zip = await makeZip(sound);
    const page = Buffer.from('<html>Quota exceeded</html>');
    const server = await startFileServer({
      '/uc?export=download&id=ID': { content: page, headers: { 'content-type': 'text/html' } },
      '/MMHS150K.zip': { content: zip, etag: '"z"', breakAfter: Math.ceil(zip.length / 3) },
    });
    const outRoot = folder.fresh();
    const notes: string[] = [];
    const bytes: number[] = [];
    const options: PrepareMmhs150kOptions = {
      outRoot,
      retryDelay: 1,
      sources: [googleDriveSource({ id: 'ID', baseUrl: server.url }), urlSource(`${server.url}/MMHS150K.zip`)],
      onNote: (text) => notes.push(text),
      onProgress: ({ phase, done, unit, total }) => {
        if (phase !== 'download') return;
        expect([unit, total]).toEqual(['bytes', zip.length]);
        bytes.push(done);
      },
    };
    const { folder: made } = await prepareMmhs150k(options);
    expect(bytes.at(-1)).toBe(zip.length);
    expect(notes.join('\n')).toMatch(/too many have downloaded it lately/);
    expect(await read(made, 'images/999.jpg')).toBe('picture 999');
    const requests = server.requests.length;
    await rm(made, { recursive: true });
    expect((await prepareMmhs150k(options)).outcome).toBe('made');
    expect(server.requests).toHaveLength(requests);
  });

  it('names every source that failed', async () => {
    const server = await startFileServer();
    const sources = ['/a.zip', '/b.zip'].map((path) => urlSource(server.url + path));
    await expect(prepareMmhs150k({ outRoot: folder.fresh(), sources })).rejects.toMatchObject({
      code: 'MMHS_DATA_DOWNLOAD', message: expect.stringMatching(/a\.zip: .*404.*b\.zip: .*404/s),
    });
  });
});
