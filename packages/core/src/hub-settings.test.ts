import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHubSettings } from './hub-settings.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'mmhs-home-'));
  await mkdir(join(home, '.cache/huggingface'), { recursive: true });
  await writeFile(join(home, '.cache/huggingface/token'), 'from-file\n');
});

afterAll(() => rm(home, { recursive: true }));

const read = (env: Record<string, string> = {}) => readHubSettings({ env, home });

describe('readHubSettings', () => {
  it('has the defaults of huggingface_hub', async () => {
    expect(await read()).toEqual({
      endpoint: 'https://huggingface.co', cacheFolder: join(home, '.cache/huggingface/hub'), token: 'from-file', offline: false,
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/xdg', HF_HOME: '/hf' }, '/hf/hub'],
    [{ HF_HOME: '/hf', HF_HUB_CACHE: '/cache' }, '/cache'],
    [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
    [{ HF_HOME: '/hf', HF_HUB_CACHE: '' }, '/hf/hub'],
    [{ HF_HOME: '$DISK/hf', DISK: '/disk' }, '/disk/hf/hub'],
    [{ HF_HOME: '${DISK}/$NONE' }, '${DISK}/$NONE/hub'],
  ])('finds the cache of %j', async (env, folder) => {
    expect((await read(env)).cacheFolder).toBe(folder);
  });

  it('knows the home folder by its short name', async () => {
    expect((await read({ HF_HOME: '~/models' })).cacheFolder).toBe(join(home, 'models/hub'));
  });

  it('takes the token of the environment, then of a file, then none', async () => {
    await writeFile(join(home, 'other'), 'from-other');
    expect((await read({ HF_TOKEN: ' mine\n' })).token).toBe('mine');
    expect((await read({ HUGGING_FACE_HUB_TOKEN: 'older' })).token).toBe('older');
    expect((await read({ HF_TOKEN_PATH: join(home, 'other') })).token).toBe('from-other');
    expect((await read({ HF_TOKEN: ' ' })).token).toBe('from-file');
    expect((await read({ HF_HOME: '/nowhere' })).token).toBeUndefined();
  });

  it('takes no token at all where none may be sent unasked', async () => {
    expect((await read({ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).token).toBeUndefined();
    expect((await read({ HF_HUB_DISABLE_IMPLICIT_TOKEN: 'true', HF_TOKEN: 'mine' })).token).toBeUndefined();
  });

  it.each([['1', true], ['true', true], ['YES', true], ['on', true], ['0', false], ['', false], ['no', false]])(
    'reads HF_HUB_OFFLINE=%s', async (value, offline) => {
      expect((await read({ HF_HUB_OFFLINE: value })).offline).toBe(offline);
      expect((await read({ TRANSFORMERS_OFFLINE: value })).offline).toBe(offline);
    },
  );

  it('takes mirrors with a path, and refuses what is no address', async () => {
    expect((await read({ HF_ENDPOINT: 'http://mirror.example/hub/' })).endpoint).toBe('http://mirror.example/hub');
    for (const wrong of ['mirror.example', 'file:///tmp']) {
      await expect(read({ HF_ENDPOINT: wrong })).rejects.toMatchObject({ code: 'MMHS_HUB_SETTINGS', details: { where: 'HF_ENDPOINT' } });
    }
  });
});
