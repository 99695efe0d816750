import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@mmhs/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metricsOf, recordProgress, testArguments, trainWith, writeTestCheckpoint, writeTestPosts } from './test-run.ts';

let folder: string;
const out = (name: string): string => join(folder, name);
const readJson = async (path: string) => JSON.parse(await readFile(join(folder, path), 'utf8')) as Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-run-'));
  await writeTestCheckpoint(out('checkpoint'));
  await writeTestPosts(out('posts'), { train: 4, val: 2, test: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

describe('a run folder', () => {
  let notes: string[];
  beforeAll(async () => {
    const progress = recordProgress();
    await trainWith({ argv: testArguments(folder, out('run'), { save_eval_predictions: true, max_length: 95 }), progress });
    notes = progress.notes;
  });

  it('holds the adapter, checkpoints, results and logs', async () => {
    expect((await readdir(out('run'))).sort()).toEqual([
      'checkpoint-1', 'checkpoint-2', 'config.resolved.json', 'eval_predictions.jsonl', 'label_map.json', 'logs', 'lora_adapter',
      'metrics.jsonl', 'test_metrics.json', 'test_predictions.jsonl', 'trainer_state.json', 'val_metrics.json',
    ]);
    expect((await readdir(out('run/lora_adapter'))).sort()).toEqual([
      'adapter_config.json', 'adapter_model.safetensors', 'label_map.json', 'prompt.json',
    ]);
    const labels = { class_names: ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'] };
    expect(await readJson('run/label_map.json')).toEqual(labels);
    expect(await readJson('run/lora_adapter/label_map.json')).toEqual(labels);
  });

  it("has the original's keys in its metrics files, then ours", async () => {
    const shared = ['f1_micro', 'f1_macro', 'subset_accuracy', 'hamming_loss', 'runtime', 'samples_per_second', 'steps_per_second'];
    const val = Object.keys(await readJson('run/val_metrics.json'));
    expect(val).toEqual(expect.arrayContaining(['eval_loss', ...shared.map((name) => `eval_${name}`), 'epoch']));
    expect(val).toEqual(expect.arrayContaining(['eval_invalid_json_rate', 'zero_division', 'per_label']));
    const test = Object.keys(await readJson('run/test_metrics.json'));
    expect(test).toEqual(expect.arrayContaining([...shared, 'loss', 'invalid_json_rate', 'zero_division', 'per_label']));
    expect(test).not.toContain('epoch');
  });

  it('logs every update and evaluation, in lines and for TensorBoard', async () => {
    const rows = await metricsOf(out('run'));
    expect(rows.map(({ step, loss, eval_loss }) => [step, typeof loss, typeof eval_loss])).toEqual([
      [1, 'undefined', 'number'], [2, 'number', 'undefined'], [2, 'undefined', 'number'],
    ]);
    const state = await readJson('run/trainer_state.json');
    expect(state).toMatchObject({ global_step: 2, epoch: 2 });
    expect(state['log_history']).toHaveLength(3);
    const [events = ''] = await readdir(out('run/logs'));
    const bytes = await readFile(join(out('run/logs'), events), 'latin1');
    for (const tag of ['train/loss', 'train/learning_rate', 'train/grad_norm', 'eval/loss', 'eval/f1_macro']) expect(bytes).toContain(tag);
  });

  it('records every answer, and the settings with which the run can be repeated', async () => {
    const lines = (await readFile(out('run/eval_predictions.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(Array(2).fill(['id', 'gold', 'pred', 'raw', 'valid']));
    expect((await readJson('run/config.resolved.json'))['config']).toMatchObject({ lora_dropout: 0.2, max_length: 95, seed: 42 });
  });

  it('begins with a table that counts tokens and truncations', () => {
    const table = notes.join('\n');
    expect(table).toMatch(/trainable parameters .*\n +language .*\ntokens per post +min \d+, median \d+, max 95\nimage tokens per post +min 4/);
    expect(table).toMatch(/truncated posts +[1-4] of 4, \d+ text tokens cut/);
  });
});

describe('settings of a run', () => {
  it('dry_run writes nothing and says what would be done', async () => {
    const progress = recordProgress();
    await trainWith({ argv: testArguments(folder, out('dry'), { dry_run: true }), progress });
    await expect(readdir(out('dry'))).rejects.toThrow('ENOENT');
    expect(progress.notes.some((note) => note.startsWith('updates '))).toBe(true);
  });

  it('patience ends the training when the metric stays as it is, also after a resume', async () => {
    // Nothing is learnt, so that no evaluation is better than the first.
    const more = { learning_rate: 1e-30, num_train_epochs: 9, patience: 2, test_csv: '', metric_for_best_model: 'f1_micro' };
    const progress = recordProgress();
    await trainWith({ argv: testArguments(folder, out('early'), more), progress });
    expect(progress.notes).toContain('Stopping early: f1_micro has not improved for 2 evaluations');
    expect(await readJson('early/trainer_state.json')).toMatchObject({ global_step: 3, best_global_step: 1 });
    const before = await metricsOf(out('early'));
    await trainWith({ argv: testArguments(folder, out('early'), { ...more, resume: true }) });
    expect(await metricsOf(out('early'))).toEqual(before);
  });

  it('adapters with dropout may lie in the vision tower, too', async () => {
    const more = { lora_target_modules: 'all-linear', lora_dropout: 0.5, max_steps: 1, test_csv: '' };
    await trainWith({ argv: testArguments(folder, out('tower'), more) });
    const { tensors } = await openSafetensors({ path: out('tower/lora_adapter/adapter_model.safetensors') });
    expect([...tensors.keys()].some((name) => name.includes('vision_model'))).toBe(true);
  });

  it('use_lora off trains and keeps all weights', async () => {
    const more = { use_lora: false, max_steps: 1, val_csv: '', test_csv: '' };
    const { adapterFolder } = await trainWith({ argv: testArguments(folder, out('full'), more) });
    const [trained, base] = await Promise.all([
      openSafetensors({ path: join(adapterFolder, 'parameters.safetensors') }),
      openSafetensors({ path: out('checkpoint/model.safetensors') }),
    ]);
    expect([...trained.tensors.keys()].sort()).toEqual([...base.tensors.keys()].sort());
  });
});

describe('an unusable picture', () => {
  beforeAll(async () => {
    await mkdir(out('bad/images'), { recursive: true });
    await writeFile(out('bad/images/broken.png'), 'no picture');
    await cp(join(import.meta.dirname, '../../../data/demo/images/train-001.png'), out('bad/images/good.png'));
    await writeFile(out('bad/train.csv'), 'text,image_path,labels\nfirst,images/good.png,racist\nsecond,images/broken.png,\n');
  });
  const train = async (run: string, onBadImage: string) => {
    const progress = recordProgress();
    const more = {
      train_csv: out('bad/train.csv'), val_csv: '', test_csv: '', image_root: out('bad'), class_names: 'racist,sexist', max_steps: 1,
      on_bad_image: onBadImage,
    };
    await trainWith({ argv: testArguments(folder, out(run), more), progress });
    return progress.notes.join('\n');
  };

  it('is an error before the first step, naming file and line', async () => {
    await expect(train('error', 'error')).rejects.toThrow(/train\.csv:3.*broken\.png/s);
  });

  it('is skipped or shown as blank when asked, and counted', async () => {
    expect(await train('skip', 'skip')).toMatch(/1 posts with an unusable picture skipped[^]*per epoch of 1 posts/);
    expect(await train('blank', 'blank')).toMatch(/1 posts with an unusable picture shown as a blank picture[^]*per epoch of 2 posts/);
  });
});

describe('the command', () => {
  it('saves at Ctrl-C and exits with 130', async () => {
    const argv = testArguments(folder, out('ctrl-c'), { num_train_epochs: 5000, eval_strategy: 'no', progress: 'plain' });
    const child = spawn(process.execPath, ['--conditions=@mmhs/source', '--import=tsx', 'src/main.ts', ...argv], {
      cwd: join(import.meta.dirname, '..'), stdio: ['ignore', 'ignore', 'pipe'],
    });
    let messages = '';
    let interrupted = false;
    child.stderr.on('data', (chunk: Buffer) => {
      messages += chunk.toString();
      if (!interrupted && /^train +\d+\/\d+/m.test(messages)) interrupted = child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => { child.on('close', resolve); });
    expect(messages).toMatch(/saved checkpoint-\d+; continue with --resume/);
    expect(code).toBe(130);
  });
});
