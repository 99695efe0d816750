import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveTrainingConfig, trainingHelp, type ResolvedTrainingConfig } from './config.ts';

let folder: string;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmhs-config-'));
  write('train.csv', 'text,image_path,labels\na,,"x,y"\nb,,z\n');
  write('val.csv', 'text,image_path,labels\nc,,w\n');
  write('names.txt', 'racist\nsexist\n');
  write('run.yaml', 'train_csv: train.csv\nlearning_rate: 1e-4\nlora_r: 2\nlora_target_modules: [q_proj, v_proj]\n');
  write('run.json', '{"train_csv": "train.csv", "seed": 7}');
});
afterAll(() => rmSync(folder, { recursive: true }));

function resolve(argv: string[], env: Record<string, string> = {}, demo?: string): Promise<ResolvedTrainingConfig> {
  return resolveTrainingConfig({
    argv, env, cwd: folder, ...(demo === undefined ? {} : { demo: { path: demo, folder } }),
  });
}
const data = ['--train_csv', 'train.csv', '--class_names', 'a,b'];

describe('precedence', () => {
  it('is flags, environment, file, defaults', async () => {
    const { config, sources } = await resolve(['--config', 'run.yaml', '--class_names', 'a', '--lora_r', '4'], {
      MMHS_LORA_R: '3', MMHS_LEARNING_RATE: '5e-5',
    });
    expect(config).toMatchObject({ lora_r: 4, learning_rate: 5e-5, lora_target_modules: ['q_proj', 'v_proj'], lora_alpha: 32 });
    expect(sources).toMatchObject({
      lora_r: '--lora_r', learning_rate: 'MMHS_LEARNING_RATE', train_csv: 'run.yaml:1:1 train_csv', lora_alpha: 'default',
    });
  });

  it('reads JSON as well as YAML, and the file named by a variable', async () => {
    const { config } = await resolve(['--class_names', 'a'], { MMHS_CONFIG: 'run.json' });
    expect(config).toMatchObject({ seed: 7, train_csv: join(folder, 'train.csv') });
  });
});

describe('the demo job', () => {
  it('runs when nothing names training data, and can be changed by flags', async () => {
    const { config, notices } = await resolve(['--seed', '3'], {}, 'run.yaml');
    expect(config).toMatchObject({ lora_r: 2, seed: 3 });
    expect(notices).toContain('No --train_csv and no --config: this is the demo job.');
  });

  it('leaves own data alone', async () => {
    const { config } = await resolve(data, {}, 'run.yaml');
    expect(config.lora_r).toBe(8);
  });

  it('has a file of its own for some models', async () => {
    const demo = { path: 'run.yaml', paths: { other: 'run.json' }, folder };
    const seedOf = async (...argv: readonly string[]): Promise<number> =>
      (await resolveTrainingConfig({ argv: ['--class_names', 'a', ...argv], env: {}, cwd: folder, demo })).config.seed;
    expect(await seedOf('--model', 'other')).toBe(7);
    expect([await seedOf('--model', 'usual'), await seedOf()]).toEqual([42, 42]);
  });

  it('has a committed configuration that names only known settings', async () => {
    const root = join(import.meta.dirname, '../../..');
    const demo = { path: 'apps/trainer/configs/demo.yaml', folder: root };
    const { config } = await resolveTrainingConfig({ argv: ['--class_names', 'a'], env: {}, cwd: folder, demo });
    expect(config.train_csv).toBe(join(root, 'data/demo/train.csv'));
  });
});

describe('class names', () => {
  it.each([
    ['a comma list', ['--class_names', 'racist, sexist'], ['racist', 'sexist']],
    ['a JSON array', ['--class_names', '["a, b", "c"]'], ['a, b', 'c']],
    ['a file', ['--class_names', 'names.txt'], ['racist', 'sexist']],
    ['the data', [], ['w', 'x', 'y', 'z']],
  ])('come from %s', async (_name, flags, expected) => {
    const { config } = await resolve(['--train_csv', 'train.csv', '--val_csv', 'val.csv', ...flags]);
    expect(config.class_names).toEqual(expected);
  });

  it('never are the name of a missing file', async () => {
    await expect(resolve(['--train_csv', 'train.csv', '--class_names', 'data/class_names.txt'])).rejects.toThrow(
      /--class_names: The file of class names is not there; got .*data\/class_names.txt/,
    );
  });
});

describe('settings of the original without effect here', () => {
  it('are accepted and told of', async () => {
    const { notices } = await resolve([...data, '--bf16', '--compile', 'true', '--no-fp16', '--max-image-tokens', '128']);
    expect(notices).toEqual([
      '--bf16 = true has no effect: all arithmetic is fp32; checkpoints stored in fp16 or bf16 are read as they are.',
      '--compile = true has no effect: the graph is always compiled before the first step.',
      '--max-image-tokens = 128 has no effect: no processor reads it (nor did any in the original): use --longest_edge.',
    ]);
  });

  it("include every flag of the original's scripts", () => {
    const flags =
      'model_id out_dir lora_r lora_alpha lora_dropout lora_target_modules learning_rate weight_decay num_train_epochs ' +
      'per_device_train_batch_size per_device_eval_batch_size gradient_accumulation_steps warmup_ratio logging_steps ' +
      'eval_strategy save_total_limit patience fp16 bf16 load_in_4bit max_new_tokens temperature top_p seed use_lora ' +
      'debug_shapes log_eval_predictions log_eval_n_examples save_eval_predictions min_image_tokens max_image_tokens ' +
      'enable_flash_attn compile train_csv val_csv test_csv image_root class_names';
    const help = trainingHelp();
    expect(flags.split(' ').filter((flag) => !help.includes(`--${flag}`))).toEqual([]);
  });
});

describe('modules', () => {
  it.each([
    ['q_proj,v_proj', ['q_proj', 'v_proj']],
    ['q_proj', ['q_proj']],
    ['all-linear', 'all-linear'],
    ['.*text_model.*(q|v)_proj', '.*text_model.*(q|v)_proj'],
  ])('%s are %j', async (text, expected) => {
    expect((await resolve([...data, '--lora_target_modules', text])).config.lora_target_modules).toEqual(expected);
  });
});

describe('metrics', () => {
  it("may be written as the original writes them, or be a label's", async () => {
    const { config } = await resolve([...data, '--val_csv', 'val.csv', '--metric_for_best_model', 'eval_loss', '--early', 'f1_b']);
    expect(config).toMatchObject({ metric_for_best_model: 'loss', early_stopping_metric: 'f1_b', eval_strategy: 'epoch' });
  });

  it('must exist', async () => {
    await expect(resolve([...data, '--metric_for_best_model', 'accuracy'])).rejects.toThrow(/There is no such metric; got "accuracy"/);
  });
});

describe('mistakes', () => {
  it.each([
    ['no data', [], {}, /--train_csv: There is no training data/],
    ['an unknown flag', [...data, '--learning-rat', '1'], {}, /did you mean --learning_rate/],
    ['an unknown variable', data, { MMHS_LORA_RANK: '4' }, /MMHS_LORA_RANK: .*did you mean MMHS_LORA_R\?/],
    ['a missing config file', ['--config', 'none.yaml'], {}, /none.yaml: The config file cannot be read/],
    ['a value of the wrong kind', [...data, '--lora_r', '2.5'], {}, /--lora_r: The value is not usable; got 2.5; expected int/],
  ])('of kind %s are refused', async (_name, argv, env, message) => {
    await expect(resolve(argv, env as Record<string, string>)).rejects.toThrow(message);
  });

  it.each([
    ['learning_rte: 1', 'bad.yaml:1:1: There is no such setting; got "learning_rte". To fix: did you mean learning_rate?'],
    ['- a', 'bad.yaml: The config file is not a mapping'],
    ['seed: 1\nseed: 2', 'bad.yaml:2:1: The config file is not valid YAML or JSON; got Map keys must be unique'],
    ['seed: [1', 'bad.yaml:1:9: The config file is not valid YAML or JSON'],
    ['train_csv: train.csv\nseed: soon', 'bad.yaml:2:1 seed: The value is not usable; got "soon"; expected number'],
  ])('in a config file are refused with their place: %j', async (text, message) => {
    write('bad.yaml', text);
    await expect(resolve(['--config', 'bad.yaml'])).rejects.toThrow(message);
  });
});

describe('evaluation while training', () => {
  it('needs validation data', async () => {
    const { config, notices } = await resolve([...data, '--eval_strategy', 'steps']);
    expect(config.eval_strategy).toBe('no');
    expect(notices[0]).toMatch(/^No --val_csv/);
  });
});

it('is helped by a text written from the schema', async () => {
  await expect(trainingHelp({ width: 100 })).toMatchFileSnapshot('__fixtures__/training-help.txt');
});
