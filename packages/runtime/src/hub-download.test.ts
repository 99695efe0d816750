import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { etagOf, sha256, startHubServer, type HubServer } from './__fixtures__/hub-server.ts';
import { downloadModel, type DownloadModelOptions } from './hub-download.ts';
import type { HubSettings } from '@mmhs/core/hub-settings';

const id = 'org/tiny-model';
const commit = 'a'.repeat(40);
const patience = { tries: 3, firstPause: 1, answer: 20_000, silence: 20_000 };
const bytes = (length: number, seed: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17) % 251));
const weights = bytes(200_000, 1);
const files = {
  'config.json': Buffer.from('{"model_type":"tiny"}'),
  'tokenizer.json': bytes(5000, 2),
  'chat_template.jinja': Buffer.from('{{ messages }}'),
  'model.safetensors': weights,
};
const partialName = `${sha256(weights)}.incomplete`;

let server: HubServer;
let cacheFolder: string;
let settings: HubSettings;

beforeEach(async () => {
  const others = { 'README.md': Buffer.from('# tiny'), 'pytorch_model.bin': bytes(10, 3), 'onnx/model.onnx': bytes(10, 4) };
  server = await startHubServer({ [id]: { commit, files: { ...files, ...others } } });
  cacheFolder = await mkdtemp(join(tmpdir(), 'mmhs-hub-'));
  settings = { endpoint: server.endpoint, cacheFolder, token: undefined, offline: false };
});

afterEach(async () => {
  await server.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

const download = (options: Partial<DownloadModelOptions> = {}) => downloadModel({ id, settings, patience, ...options });
const inModel = (...parts: string[]): string => join(cacheFolder, 'models--org--tiny-model', ...parts);
const refused = async (options: Partial<DownloadModelOptions> = {}): Promise<MmhsError> => {
  const error = await download(options).then(() => undefined, (reason: unknown) => reason);
  if (MmhsError.isInstance(error)) return error;
  throw new Error('there was no MmhsError', { cause: error });
};
const stored = (): (string | undefined)[] => server.requests.filter(({ host }) => host === 'storage').map(({ range }) => range);

describe('the cache', () => {
  it('gets the files a checkpoint is opened from, as links to blobs, and no others', async () => {
    const { folder, commit: found } = await download();
    expect(found).toBe(commit);
    expect(folder).toBe(inModel('snapshots', commit));
    expect(await readdir(folder)).toEqual(Object.keys(files).sort());
    for (const [name, content] of Object.entries(files)) {
      expect(await readlink(join(folder, name))).toBe(`../../blobs/${etagOf(name, content)}`);
      expect((await readFile(join(folder, name))).equals(content)).toBe(true);
    }
    expect(await readFile(inModel('refs/main'), 'utf8')).toBe(commit);
    expect((await readdir(inModel('blobs'))).sort()).toEqual(Object.entries(files).map(([name, content]) => etagOf(name, content)).sort());
    expect(await readdir(join(cacheFolder, '.locks/models--org--tiny-model'))).toEqual([]);
  });

  it('is used without another download, and offline without any request', async () => {
    const { folder } = await download();
    server.requests.length = 0;
    expect((await download()).folder).toBe(folder);
    expect(server.requests.map(({ path }) => path.replace(/\?.*/, ''))).toEqual([
      `/api/models/${id}/revision/main`, `/api/models/${id}/tree/${commit}`,
    ]);
    server.requests.length = 0;
    expect((await download({ settings: { ...settings, offline: true } })).folder).toBe(folder);
    expect(server.requests).toEqual([]);
  });

  it('keeps blobs that a new commit shares with an old one', async () => {
    await download();
    const moved = 'b'.repeat(40);
    const config = Buffer.from('{"model_type":"tiny","changed":true}');
    server.models.set(id, { commit: moved, files: { ...files, 'config.json': config } });
    server.requests.length = 0;
    const { folder } = await download();
    expect(folder).toBe(inModel('snapshots', moved));
    expect(await readFile(join(folder, 'config.json'))).toEqual(config);
    expect(stored()).toEqual([]);
    expect(await readFile(inModel('refs/main'), 'utf8')).toBe(moved);
  });

  it('serves when the Hub fails, and says so', async () => {
    const { folder } = await download();
    server.faults = { statuses: [500] };
    const notices: string[] = [];
    expect((await download({ onNotice: (text) => notices.push(text) })).folder).toBe(folder);
    expect(notices).toEqual([expect.stringMatching(/copy of org\/tiny-model in the cache is used.*HTTP 500/)]);
  });

  it('is completed where blobs were deleted or cut', async () => {
    const { folder } = await download();
    await truncate(join(folder, 'model.safetensors'), 100);
    await rm(inModel('blobs', etagOf('tokenizer.json', files['tokenizer.json'])));
    await download();
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
    expect((await readFile(join(folder, 'tokenizer.json'))).equals(files['tokenizer.json'])).toBe(true);
  });

  it('takes shards instead of a single file where there is an index', async () => {
    const shards = { 'model-00001-of-00002.safetensors': bytes(100, 5), 'model-00002-of-00002.safetensors': bytes(100, 6) };
    const index = Buffer.from(JSON.stringify({ weight_map: { a: Object.keys(shards)[0], b: Object.keys(shards)[1] } }));
    server.models.set(id, { commit, files: { ...files, ...shards, 'model.safetensors.index.json': index } });
    const { folder } = await download();
    expect((await readdir(folder)).filter((name) => name.startsWith('model'))).toEqual([...Object.keys(shards), 'model.safetensors.index.json']);
    await rm(join(folder, 'model-00002-of-00002.safetensors'));
    const error = await refused({ settings: { ...settings, offline: true } });
    expect(error.code).toBe('MMHS_HUB_OFFLINE');
    expect(error.details.got).toContain('without model-00002-of-00002.safetensors');
  });

  it('holds several revisions', async () => {
    const old = 'c'.repeat(40);
    server.models.set(id, { commit, files, refs: { 'v1.0': old, [old]: old } });
    expect((await download({ revision: 'v1.0' })).folder).toBe(inModel('snapshots', old));
    expect(await readFile(inModel('refs/v1.0'), 'utf8')).toBe(old);
    expect((await download({ revision: old })).commit).toBe(old);
    expect((await download({ revision: old, settings: { ...settings, offline: true } })).commit).toBe(old);
    expect(await readdir(inModel('refs'))).toEqual(['v1.0']);
  });
});

describe('a transfer', () => {
  it('continues where the connection broke', async () => {
    server.models.set(id, { commit, files: { ...files, 'tokenizer.json': Buffer.from('{}') } });
    server.faults = { breakAfter: [] };
    await download();
    await rm(inModel('blobs', sha256(weights)));
    server.requests.length = 0;
    server.faults = { breakAfter: [50_000, 70_000] };
    const { folder } = await download();
    const ranges = stored();
    expect(ranges).toHaveLength(3);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
  });

  it('continues what an earlier process left', async () => {
    await mkdir(inModel('blobs'), { recursive: true });
    await writeFile(inModel('blobs', partialName), weights.subarray(0, 123_456));
    const progress: number[] = [];
    const { folder } = await download({ onProgress: ({ doneBytes }) => progress.push(doneBytes) });
    expect(stored()).toContain('bytes=123456-');
    expect(progress.some((done) => done >= 123_456 && done < weights.length)).toBe(true);
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
    expect(await readdir(inModel('blobs'))).not.toContain(partialName);
  });

  it('begins again where an earlier process left something else', async () => {
    await mkdir(inModel('blobs'), { recursive: true });
    await writeFile(inModel('blobs', partialName), bytes(1000, 8));
    const { folder } = await download();
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
  });

  it('begins again where the server ignores ranges, or the partial file is too long', async () => {
    await mkdir(inModel('blobs'), { recursive: true });
    await writeFile(inModel('blobs', partialName), weights.subarray(0, 1000));
    server.faults = { ignoreRanges: true };
    const { folder } = await download();
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
    await rm(inModel('blobs', sha256(weights)));
    await writeFile(inModel('blobs', partialName), bytes(weights.length + 1, 9));
    server.faults = {};
    await download();
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
  });

  it('reports bytes up to the total', async () => {
    const seen: { doneBytes: number; totalBytes: number }[] = [];
    await download({ onProgress: (progress) => seen.push(progress) });
    const total = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    expect(new Set(seen.map(({ totalBytes }) => totalBytes))).toEqual(new Set([total]));
    expect(seen.at(-1)?.doneBytes).toBe(total);
    const done = seen.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual([...done].sort((left, right) => left - right));
  });

  it('stops at an abort, keeps the partial file, and goes on later', async () => {
    server.faults = { breakAfter: [60_000, 60_000, 60_000, 60_000] };
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopping = download({
      signal: controller.signal, patience: { ...patience, firstPause: 60_000 },
      onProgress: ({ doneBytes }) => void (doneBytes > 50_000 && controller.abort(reason)),
    });
    await expect(stopping).rejects.toBe(reason);
    expect((await stat(inModel('blobs', partialName))).size).toBeGreaterThan(0);
    server.faults = {};
    const before = stored().length;
    const { folder } = await download();
    // Files arrive at the same time: the tokenizer's may have been stopped as well, and be asked for last.
    expect(stored().slice(before)).toContainEqual(expect.stringMatching(/^bytes=\d+-$/));
    expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
  });

  it('is done once when two processes want the same model', async () => {
    const both = await Promise.all([download(), download()]);
    expect(new Set(both.map(({ folder }) => folder)).size).toBe(1);
    expect(stored()).toHaveLength(2);
  });

  it('waits for another process and says so', async () => {
    const lock = join(cacheFolder, '.locks/models--org--tiny-model/download.lock');
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(lock, `${process.pid} ${hostname()} other`);
    const notices: string[] = [];
    const onNotice = (text: string): void => {
      notices.push(text);
      rmSync(lock);
    };
    expect((await download({ onNotice })).commit).toBe(commit);
    expect(notices).toEqual(['Another process is downloading org/tiny-model: waiting for it.']);
  });

  it('sends the token to the Hub and not to the storage', async () => {
    server.models.set(id, { commit, files, gatedFor: 'secret' });
    await download({ settings: { ...settings, token: 'secret' } });
    const sent = (host: string): Set<string | undefined> =>
      new Set(server.requests.filter((request) => request.host === host).map(({ authorization }) => authorization));
    expect(sent('hub')).toEqual(new Set(['Bearer secret']));
    expect(sent('storage')).toEqual(new Set([undefined]));
  });
});

describe('an error', () => {
  it('names the licence and HF_TOKEN for a gated model', async () => {
    server.models.set(id, { commit, files, gatedFor: 'secret' });
    const without = await refused();
    expect(without.code).toBe('MMHS_HUB_GATED');
    expect(without.message).toContain(`accept the licence at ${server.endpoint}/${id}`);
    expect(without.message).toContain('set HF_TOKEN');
    const other = await refused({ settings: { ...settings, token: 'other' } });
    expect(other.code).toBe('MMHS_HUB_GATED');
    expect(other.message).toMatch(/HTTP 403.*account of your HF_TOKEN/);
    expect(other.message).not.toContain('other\'');
  });

  it('says what was not found', async () => {
    expect(await refused({ id: 'org/none' })).toMatchObject({ code: 'MMHS_HUB_NOT_FOUND', details: { where: 'org/none' } });
    expect(await refused({ revision: 'v9' })).toMatchObject({ code: 'MMHS_HUB_NOT_FOUND', details: { got: 'v9' } });
    server.models.set(id, { commit, files: { 'config.json': files['config.json'], 'pytorch_model.bin': weights } });
    const error = await refused();
    expect(error).toMatchObject({ code: 'MMHS_HUB_FILES', details: { where: id } });
    expect(error.details.got).toMatch(/no tokenizer\.json, no model\.safetensors/);
  });

  it('refuses names that cannot be on the Hub', async () => {
    for (const wrong of [{ id: 'one' }, { id: '../x' }, { id: 'a/b/c' }, { revision: '../../x' }, { revision: '' }]) {
      expect((await refused(wrong)).code).toBe('MMHS_HUB_SETTINGS');
    }
    expect(server.requests).toEqual([]);
  });

  it('tells a missing network from a missing model', async () => {
    const nowhere = await startHubServer({});
    await nowhere.close();
    const error = await refused({ settings: { ...settings, endpoint: nowhere.endpoint } });
    expect(error.code).toBe('MMHS_HUB_UNREACHABLE');
    expect(error.message).toMatch(/ECONNREFUSED.*HF_ENDPOINT/);
  });

  it('tries again when the Hub is busy, but not for ever', async () => {
    server.faults = { statuses: [503, 429] };
    expect((await download()).commit).toBe(commit);
    await rm(cacheFolder, { recursive: true });
    server.faults = { statuses: [503, 503, 503] };
    expect((await refused()).code).toBe('MMHS_HUB_UNREACHABLE');
  });

  it('does not wait for ever for a connection that sends nothing', async () => {
    server.faults = { silent: true };
    const error = await refused({ patience: { ...patience, tries: 2, silence: 50 } });
    expect(error).toMatchObject({ code: 'MMHS_HUB_UNREACHABLE' });
    expect(error.details.got).toContain('no byte for 0.05 s');
  });

  it('knows an answer that is not the Hub\'s', async () => {
    server.faults = { apiAnswer: '<html>Sign in to the guest network</html>' };
    expect((await refused()).message).toMatch(/not the Hub's/);
    server.faults = { apiAnswer: '{"sha":"../../etc"}' };
    expect((await refused()).code).toBe('MMHS_HUB_UNREACHABLE');
  });

  it('throws a damaged file away', async () => {
    server.faults = { corrupt: true };
    const error = await refused();
    expect(error.code).toBe('MMHS_HUB_CHECKSUM');
    const blobs = await readdir(inModel('blobs'));
    expect(blobs).not.toContain(sha256(weights));
    expect(await readdir(inModel()).then((names) => names.includes('refs'))).toBe(false);
    server.faults = {};
    expect((await download()).commit).toBe(commit);
  });

  it('checks the room before it begins', async () => {
    server.faults = { announcedSizes: { 'model.safetensors': 2 ** 60 } };
    const error = await refused();
    expect(error).toMatchObject({ code: 'MMHS_HUB_DISK_FULL' });
    expect(error.message).toContain('HF_HUB_CACHE');
    expect(stored()).toEqual([]);
  });

  it('names a cache that is no folder', async () => {
    const path = join(cacheFolder, 'file');
    await writeFile(path, '');
    expect(await refused({ settings: { ...settings, cacheFolder: path } })).toMatchObject({ code: 'MMHS_HUB_CACHE', details: { where: path } });
  });

  it('says offline what the cache lacks', async () => {
    const error = await refused({ settings: { ...settings, offline: true } });
    expect(error.code).toBe('MMHS_HUB_OFFLINE');
    expect(error.message).toContain('HF_HUB_OFFLINE');
    expect(server.requests).toEqual([]);
  });
});
