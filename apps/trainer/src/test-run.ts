import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { smolFamily } from '@mmhs/models-smol';
import { createTokenizer, writeSafetensors } from '@mmhs/runtime';
import { completeConfig, resolveTrainingConfig, runTraining, type ProgressReporter, type TrainingResult } from '@mmhs/trainer';
import { initialWeights } from '../../../scripts/demo/initial-weights.ts';
import { smolCheckpointJson } from '../../../scripts/demo/models/smol.ts';

const demo = join(import.meta.dirname, '../../../data/demo');

/** Writes a random SmolVLM, far smaller than the demo's, with the demo's tokenizer. */
export async function writeTestCheckpoint(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) await cp(join(demo, 'checkpoint', name), join(folder, name));
  const readJson = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const [tokenizerJson, tokenizerConfig] = [await readJson('tokenizer.json'), await readJson('tokenizer_config.json')];
  const tokenizer = createTokenizer({ tokenizer: tokenizerJson, tokenizerConfig });
  const endTokenId = tokenizer.specialId('<end_of_utterance>');
  const json = shrink(smolCheckpointJson({
    vocabularySize: endTokenId + 1,
    imageTokenId: tokenizer.specialId('<image>'),
    endTokenId,
    padTokenId: tokenizer.specialId('<|im_end|>'),
  }));
  for (const [name, contents] of Object.entries(json)) await writeFile(join(folder, name), JSON.stringify(contents));
  const model = smolFamily.openModel({
    config: json['config.json'],
    generationConfig: json['generation_config.json'],
    preprocessorConfig: json['preprocessor_config.json'],
    processorConfig: json['processor_config.json'],
    tokenizer: tokenizerJson,
    tokenizerConfig,
    chatTemplate: undefined,
  });
  const tensors = initialWeights({ tensors: model.tensors, layers: 2, seed: 3 });
  await writeSafetensors({ path: join(folder, 'model.safetensors'), tensors, metadata: { format: 'pt' } });
}

function shrink(json: Record<string, unknown>): Record<string, unknown> {
  const config = json['config.json'] as { text_config: object; vision_config: object };
  const text = { hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 16 };
  const vision = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
  return {
    ...json,
    'config.json': {
      ...config, text_config: { ...config.text_config, ...text }, vision_config: { ...config.vision_config, ...vision },
    },
  };
}

/** Writes the first posts of the demo's splits as `train.csv`, `val.csv` and `test.csv`. */
export async function writeTestPosts(folder: string, counts = { train: 10, val: 3, test: 2 }): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [split, count] of Object.entries(counts)) {
    const lines = (await readFile(join(demo, `${split}.csv`), 'utf8')).split('\n');
    await writeFile(join(folder, `${split}.csv`), `${lines.slice(0, count + 1).join('\n')}\n`);
  }
  await cp(join(demo, 'class_names.txt'), join(folder, 'class_names.txt'));
}

/** Command line of a short run on what {@link writeTestCheckpoint} and {@link writeTestPosts} wrote below `folder`. */
export function testArguments(folder: string, outDir: string, more: Readonly<Record<string, string | number | boolean>> = {}): string[] {
  const settings = {
    model_id: join(folder, 'checkpoint'),
    train_csv: join(folder, 'posts/train.csv'),
    val_csv: join(folder, 'posts/val.csv'),
    test_csv: join(folder, 'posts/test.csv'),
    image_root: demo,
    out_dir: outDir,
    num_train_epochs: 2,
    per_device_train_batch_size: 2,
    gradient_accumulation_steps: 2,
    learning_rate: 0.01,
    lora_dropout: 0.2,
    lora_r: 2,
    logging_steps: 2,
    max_new_tokens: 4,
    patience: 0,
    metric_for_best_model: 'loss',
    threads: 1,
    ...more,
  };
  return Object.entries(settings).flatMap(([name, value]) => (value === '' ? [] : [`--${name}`, String(value)]));
}

/** A progress reporter that remembers its notes and tells of every update. */
export function recordProgress(onUpdate: (phase: string, done: number) => void = () => {}): ProgressReporter & { readonly notes: string[] } {
  const notes: string[] = [];
  let phase = '';
  return {
    notes,
    start: ({ name }) => void (phase = name),
    update: ({ done }) => onUpdate(phase, done),
    note: (text) => void notes.push(text),
    stop: () => {},
  };
}

/** Runs a training as the app does. */
export async function trainWith(options: {
  readonly argv: readonly string[];
  readonly progress?: ProgressReporter;
  readonly signal?: AbortSignal;
}): Promise<TrainingResult> {
  const { argv, progress = recordProgress(), signal } = options;
  const cwd = process.cwd();
  const { config } = await resolveTrainingConfig({ argv, env: {}, cwd });
  return runTraining({ config: completeConfig({ config, family: smolFamily, cwd }), family: smolFamily, progress, signal });
}

/** Rows of a run's metrics.jsonl without the run times. */
export async function metricsOf(folder: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const { eval_runtime: _, eval_samples_per_second: __, eval_steps_per_second: ___, ...row } = JSON.parse(line) as Record<string, unknown>;
    return row;
  });
}

/** Bytes of a run's final adapter. */
export function adapterOf(folder: string): Promise<Buffer> {
  return readFile(join(folder, 'lora_adapter/adapter_model.safetensors'));
}
