import { createServer, type Server } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { VlmFamily } from '@mmhs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findModel } from './config-family.ts';
import { findCheckpoint } from './find-checkpoint.ts';
import { findAdapterModel } from './labeller-model.ts';
import type { ProgressReporter } from './progress.ts';

const commit = 'a'.repeat(40);
let root: string;
let offline: Record<string, string>;

/** A cache as Python's huggingface_hub leaves it. */
function fillCache(id: string, config: object): string {
  const model = join(root, 'hf/hub', `models--${id.replace('/', '--')}`);
  const snapshot = join(model, 'snapshots', commit);
  mkdirSync(join(model, 'blobs'), { recursive: true });
  mkdirSync(join(model, 'refs'), { recursive: true });
  mkdirSync(snapshot, { recursive: true });
  writeFileSync(join(model, 'refs/main'), commit);
  for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) {
    writeFileSync(join(model, 'blobs', `blob-${name}`), name === 'config.json' ? JSON.stringify(config) : '{}');
    symlinkSync(`../../blobs/blob-${name}`, join(snapshot, name));
  }
  return snapshot;
}

let snapshot: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mmhs-find-'));
  offline = { HF_HOME: join(root, 'hf'), HF_HUB_OFFLINE: '1' };
  snapshot = fillCache('org/second', { model_type: 'two' });
  mkdirSync(join(root, 'org/second-folder'), { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true }));

describe('a checkpoint', () => {
  it('is a folder where there is one, also when its path looks like a name', async () => {
    expect(await findCheckpoint({ modelId: 'org/second-folder', cwd: root, env: offline })).toBe(join(root, 'org/second-folder'));
  });

  it('is in the cache where there is no folder', async () => {
    expect(await findCheckpoint({ modelId: 'org/second', cwd: root, env: offline })).toBe(snapshot);
    expect(await findCheckpoint({ modelId: 'org/second', revision: commit, cwd: root, env: offline })).toBe(snapshot);
    await expect(findCheckpoint({ modelId: 'org/second', revision: 'v2', env: offline })).rejects.toMatchObject({ code: 'MMHS_HUB_OFFLINE' });
  });

  it.each(['second', './org/second', '/org/second', 'a/b/second'])('%s, no folder and no name, is told as such', async (modelId) => {
    await expect(findCheckpoint({ modelId, cwd: root, env: offline })).rejects.toMatchObject({
      code: 'MMHS_MODEL_NOT_FOUND', details: { where: '--model_id' },
    });
  });
});

describe('a model', () => {
  const family = (name: string, modelType: string): VlmFamily =>
    ({ name, modelTypes: [modelType], defaultModelId: `org/${name}` }) as unknown as VlmFamily;
  const families = [family('first', 'one'), family('second', 'two')];
  const find = (name: string, modelId: string | null) => findModel({ families, name, modelId, cwd: root, env: offline });

  it('of a family is its usual one, and of a name its family', async () => {
    expect(await find('second', null)).toEqual({ family: families[1], folder: snapshot });
    expect(await find('auto', 'org/second')).toEqual({ family: families[1], folder: snapshot });
    await expect(find('auto', null)).rejects.toMatchObject({ code: 'MMHS_HUB_OFFLINE', details: { where: 'org/first, revision main' } });
  });

  it('of an unknown family is refused before it is looked for', async () => {
    await expect(find('third', 'org/none')).rejects.toMatchObject({ code: 'MMHS_CONFIG_INVALID' });
  });

  it('of adapters is the one that they name', async () => {
    const adapter = (name: string, base: string, revision: string | null): string => {
      const path = join(root, name, 'adapter_config.json');
      mkdirSync(dirname(path));
      writeFileSync(path, JSON.stringify({ peft_type: 'LORA', target_modules: ['q_proj'], base_model_name_or_path: base, revision }));
      return dirname(path);
    };
    const [one, two, other] = [adapter('a', 'org/second', commit), adapter('b', 'org/second', commit), adapter('c', 'org/second', null)];
    const of = (adapterFolders: string[], modelId: string | null = null) => findAdapterModel({ adapterFolders, modelId, cwd: root, env: offline });
    expect(await of([one, two])).toBe(snapshot);
    expect(await of([one, other], 'org/second-folder')).toBe(join(root, 'org/second-folder'));
    await expect(of([join(root, 'none')])).rejects.toMatchObject({ code: 'MMHS_LORA_CONFIG' });
    await expect(of([one, other])).rejects.toMatchObject({ code: 'MMHS_LABELLER_ADAPTERS', details: { where: other } });
  });
});

describe('a download', () => {
  let server: Server;
  beforeAll(async () => {
    const file = Buffer.alloc(3_000_000, 1);
    // Git's SHA-1 of the answers, so that they pass as small files.
    const { createHash } = await import('node:crypto');
    const oid = createHash('sha1').update(`blob ${file.length}\0`).update(file).digest('hex');
    const names = ['config.json', 'tokenizer.json', 'model.safetensors'];
    server = createServer(({ url = '' }, response) => {
      if (url.includes('/revision/')) response.end(JSON.stringify({ sha: commit, id: 'org/new', lastModified: '2026-01-01' }));
      else if (url.includes('/tree/')) response.end(JSON.stringify(names.map((path) => ({ type: 'file', path, oid, size: file.length }))));
      else response.end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('shows its progress in megabytes', async () => {
    const seen: unknown[] = [];
    const progress: ProgressReporter = {
      start: (phase) => seen.push(phase),
      update: ({ done }) => seen.push(done),
      note: (text) => seen.push(text),
      stop: () => seen.push('stop'),
    };
    const env = { HF_HOME: join(root, 'other'), HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const folder = await findCheckpoint({ modelId: 'org/new', cwd: root, env, progress });
    expect(folder).toBe(join(root, 'other/hub/models--org--new/snapshots', commit));
    // The three files are equal, so that one blob serves them all.
    expect(seen[0]).toEqual({ name: 'download MB', total: 3, done: 0 });
    expect(seen.slice(-2)).toEqual([3, 'stop']);
    seen.length = 0;
    await findCheckpoint({ modelId: 'org/new', cwd: root, env, progress });
    expect(seen).toEqual(['stop']);
  });
});
