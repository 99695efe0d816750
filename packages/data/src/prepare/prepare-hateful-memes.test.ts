import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicHub } from '@mmhs/core/hub-settings';
import { describe, expect, it } from 'vitest';
import { startFileServer } from '../__fixtures__/file-server.ts';
import { useTemporaryFolder } from '../__fixtures__/temporary-folder.ts';
import { makeZip } from '../__fixtures__/zip.ts';
import { loadSplit } from '../load-split.ts';
import { prepareHatefulMemes } from './prepare-hateful-memes.ts';

const folder = useTemporaryFolder();
const lines = (...rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const meme = (id: string, label?: number): object => ({ id: Number(id), img: `img/${id}.png`, text: `meme ${id}`, label });

/** As on the Hub: train has a meme whose picture is missing. */
const raw: Readonly<Record<string, string>> = {
  'LICENSE.txt': 'licence',
  'train.jsonl': lines(meme('08291', 1), meme('46971', 0), meme('03478', 1)),
  'dev_seen.jsonl': lines(meme('10000', 1)),
  'dev_unseen.jsonl': lines(meme('10000', 1), meme('10001', 0)),
  'test_seen.jsonl': lines(meme('20000', 0)),
  'test_unseen.jsonl': lines(meme('20001', 0)),
  ...Object.fromEntries(['08291', '46971', '10000', '10001', '20000', '20001'].map((id) => [`img/${id}.png`, `picture ${id}`])),
};

async function prepare(files: Readonly<Record<string, string>>, more: object = {}): ReturnType<typeof prepareHatefulMemes> {
  const outRoot = folder.fresh();
  const archive = await folder.write(`${outRoot.split('-').at(-1)}.zip`, await makeZip(files));
  return prepareHatefulMemes({ outRoot, archive, ...more });
}

const read = (path: string, name: string): Promise<string> => readFile(join(path, name), 'utf8');

describe('prepareHatefulMemes', () => {
  it("writes the original's layout, and names the memes whose picture is missing", async () => {
    const { folder: made, findings, splits } = await prepare(raw);
    expect(await read(made, 'train.csv')).toBe('text,image_path,label\nmeme 08291,images/08291.png,1\nmeme 46971,images/46971.png,0\n');
    expect(await read(made, 'val.csv')).toBe('text,image_path,label\nmeme 10000,images/10000.png,1\n');
    expect(await read(made, 'test.csv')).toBe('text,image_path,label\nmeme 20000,images/20000.png,0\n');
    expect(await read(made, 'class_names.txt')).toBe('harmful\n');
    expect(await read(made, 'LICENSE.txt')).toBe('licence');
    expect(findings[0]).toMatchObject({ code: 'missing_images', split: 'train', count: 1, ids: ['3478'] });
    expect(splits.train).toEqual({ posts: 2, publishedPosts: 8500, labels: { harmful: 1 }, withoutLabel: 1 });
    const { samples } = await loadSplit({ path: join(made, 'train.csv'), labelSet: ['harmful'] });
    expect(samples.map(({ labels }) => labels)).toEqual([['harmful'], []]);
  });

  it('reads other copies: folders around, zero-padded identifiers, files of the first phase, no test labels', async () => {
    const { 'dev_seen.jsonl': dev, 'test_seen.jsonl': _, ...rest } = raw;
    const files = { ...rest, 'dev.jsonl': dev!, 'test.jsonl': lines(meme('20000')), 'train.jsonl': `${lines({ ...meme('46971', 0), id: '046971' })}{"id": 1}\nno json\n` };
    const moved = Object.fromEntries(Object.entries(files).map(([path, content]) => [`hateful_memes/data/${path}`, content]));
    const { folder: made, findings } = await prepare(moved);
    expect(await read(made, 'test.csv')).toBe('text,image_path,label\nmeme 20000,images/20000.png,\n');
    expect(findings.filter(({ code }) => code !== 'split_size')).toEqual([
      expect.objectContaining({
        code: 'bad_entries', split: 'train',
        ids: [expect.stringMatching(/train\.jsonl:2 \(img: /), expect.stringMatching(/train\.jsonl:3 \(/)],
      }),
      expect.objectContaining({ code: 'unlabelled_rows', split: 'test', ids: ['20000'] }),
    ]);
  });

  it('refuses a test set that shares pictures with training', async () => {
    const files = { ...raw, 'test_seen.jsonl': lines(meme('46971', 0)) };
    await expect(prepare(files)).rejects.toMatchObject({ code: 'MMHS_DATA_SPLIT_OVERLAP' });
  });

  it('never writes outside the folder, whatever the lines say', async () => {
    const files = { ...raw, 'dev_seen.jsonl': lines(meme('10000', 1), { id: '1', img: '../../evil.png', text: 'x', label: 0 }, { id: '2', img: '..', text: 'x', label: 0 }) };
    const { folder: made, findings } = await prepare(files);
    expect(await read(made, 'val.csv')).not.toContain('..');
    expect(findings.find(({ code }) => code === 'bad_entries')?.ids).toHaveLength(1);
  });

  it('downloads from the Hub with the settings of the environment', async () => {
    const server = await startFileServer();
    const entries = Object.entries(raw).map(([path, content]) => {
      server.files.set(`/datasets/neuralcatcher/hateful_memes/resolve/main/${path}`, { content: Buffer.from(content) });
      return { type: 'file', path, size: content.length };
    });
    const listing = Buffer.from(JSON.stringify([...entries, { type: 'file', path: 'huge.bin', size: 2 ** 50 }]));
    server.files.set('/api/datasets/neuralcatcher/hateful_memes/tree/main?recursive=true&expand=false', {
      content: listing, headers: { 'content-type': 'application/json' },
    });
    const hub = { endpoint: server.url, token: 'hf_x', offline: false };
    const outRoot = folder.fresh();
    const { folder: made, splits } = await prepareHatefulMemes({ outRoot, hub });
    expect(splits.train.posts).toBe(2);
    expect(await read(made, 'images/20000.png')).toBe('picture 20000');
    expect(server.seenHeaders.every(({ authorization }) => authorization === 'Bearer hf_x')).toBe(true);
    await server.close();
    const offline = { ...hub, offline: true };
    expect((await prepareHatefulMemes({ outRoot, hub: offline })).outcome).toBe('unchanged');
    await expect(prepareHatefulMemes({ outRoot: folder.fresh(), hub: offline })).rejects.toMatchObject({ code: 'MMHS_DATA_OFFLINE' });
  });
});

describe('fine-grained labels', () => {
  const fine = (id: string, pc: string[], attack: string[]): object => ({
    ...meme(id), set_name: 'x', gold_hate: ['hateful'], gold_pc: pc, gold_attack: attack, pc: [pc], attack: [attack],
  });
  const annotations = {
    'train.json': lines(fine('08291', ['religion', 'race'], ['mocking']), fine('46971', ['pc_empty'], ['attack_empty'])),
    'dev_seen.json': lines(fine('10000', ['sex'], ['slurs', 'contempt'])),
    'dev_unseen.json': lines(fine('10000', ['sex'], ['slurs', 'contempt']), fine('10001', ['age'], ['inferiority'])),
  };

  it('are several per meme, from a folder of annotations, and keep the shared memes out of test', async () => {
    for (const [name, content] of Object.entries(annotations)) await folder.write(`annotations/${name}`, content);
    const options = { annotations: join(folder.fresh(), '..', 'annotations') };
    const category = await prepare(raw, { ...options, fineGrained: 'protected_category' });
    expect(category.folder).toMatch(/hateful_memes_protected_category$/);
    expect(await read(category.folder, 'train.csv')).toBe(
      'text,image_path,labels\nmeme 08291,images/08291.png,"race,religion"\nmeme 46971,images/46971.png,\n',
    );
    expect(await read(category.folder, 'test.csv')).toBe('text,image_path,labels\nmeme 10001,images/10001.png,\n');
    expect(category.findings.map(({ code, ids }) => [code, ids]).slice(0, 2)).toEqual([
      ['left_out_of_test', ['10000']], ['unknown_labels', ['age']],
    ]);
    const attack = await prepare(raw, { ...options, fineGrained: 'attack' });
    expect(await read(attack.folder, 'val.csv')).toBe('text,image_path,labels\nmeme 10000,images/10000.png,"contempt,slurs"\n');
    expect((await read(attack.folder, 'class_names.txt')).split('\n')).toHaveLength(8);
  });

  it('are downloaded when there is no folder', async () => {
    const server = await startFileServer(
      Object.fromEntries(Object.entries(annotations).map(([name, content]) => [`/x/${name}`, { content: Buffer.from(content) }])),
    );
    const made = await prepare(raw, { fineGrained: 'attack', annotationsUrl: `${server.url}/x` });
    expect(made.splits.train.labels).toMatchObject({ mocking: 1, slurs: 0 });
    const offline = { ...publicHub, offline: true };
    const failing = prepare(raw, { fineGrained: 'attack', annotationsUrl: `${server.url}/x`, hub: offline });
    await expect(failing).rejects.toMatchObject({ code: 'MMHS_DATA_OFFLINE' });
  });
});
