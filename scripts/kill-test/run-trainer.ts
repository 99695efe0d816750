import { spawn } from 'node:child_process';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

/** Settings of the short run: dropout, accumulation, evaluations and checkpoints close together. */
const settings = {
  train_csv: 'data/demo/train.csv',
  val_csv: 'data/demo/val.csv',
  image_root: 'data/demo',
  max_steps: 24,
  eval_strategy: 'steps',
  eval_steps: 6,
  save_steps: 2,
  save_total_limit: 2,
  logging_steps: 1,
  per_device_train_batch_size: 2,
  per_device_eval_batch_size: 40,
  gradient_accumulation_steps: 2,
  learning_rate: 0.005,
  lora_dropout: 0.1,
  max_new_tokens: 4,
  patience: 0,
  metric_for_best_model: 'loss',
  log_eval_predictions: false,
  threads: 1,
  progress: 'off',
} as const;

/** Runs the trainer app as a process of its own, and kills it after a while if asked to. */
export async function runTrainer(options: {
  readonly model: string;
  readonly outDir: string;
  readonly resume: boolean;
  /** Seconds until SIGKILL; none by default. */
  readonly killAfter?: number;
}): Promise<{ readonly killed: boolean; readonly seconds: number }> {
  const { model, outDir, resume, killAfter } = options;
  const all = { ...settings, model_id: model, out_dir: outDir, resume };
  const flags = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ['--conditions=@mmhs/source', '--import=tsx', 'apps/trainer/src/main.ts', ...flags],
    { cwd: repository, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let messages = '';
  child.stderr.on('data', (chunk: Buffer) => void (messages += chunk.toString()));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter * 1000);
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
  });
  clearTimeout(timer);
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`The trainer ended with code ${code}:\n${messages}`);
  return { killed: signal === 'SIGKILL', seconds: (performance.now() - started) / 1000 };
}
