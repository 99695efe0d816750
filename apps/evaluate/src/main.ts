import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Prediction, Sample } from '@mmhs/core';
import { loadSplit } from '@mmhs/data';
import {
  columnsOf,
  createProgress,
  findAdapterModel,
  formatEvaluations,
  listSettings,
  mergeSettings,
  openLabeller,
  parseFlags,
  renderHelp,
  runCommand,
  type CommandContext,
} from '@mmhs/trainer';
import { families } from './families.ts';
import { evaluateSchema } from './settings.ts';

async function evaluate({ argv, env, cwd, signal }: CommandContext): Promise<void> {
  const flags = parseFlags({ argv, settings: listSettings(evaluateSchema) });
  const { settings } = mergeSettings({ schema: evaluateSchema, layers: [flags] });
  const progress = createProgress({ stream: process.stderr, mode: settings.progress, env });
  const adapterFolder = resolve(cwd, settings.adapter);
  const labeller = await openLabeller({
    adapterFolder,
    modelFolder: await findAdapterModel({
      adapterFolders: [adapterFolder], modelId: settings.model_id, revision: settings.revision, cwd, env, progress, signal,
    }),
    families,
    device: settings.device,
    threads: settings.threads,
    batchSize: settings.per_device_eval_batch_size,
    maxNewTokens: settings.max_new_tokens,
    signal,
  });
  try {
    const { samples } = await loadSplit({
      path: resolve(cwd, settings.test_csv),
      ...(settings.image_root === null ? {} : { imageRoot: resolve(cwd, settings.image_root) }),
      labelSet: labeller.labelSet,
      columns: columnsOf(settings),
      onBadRow: settings.on_bad_row,
      onUnknownLabel: settings.on_unknown_label,
      onProblem: ({ reason }) => progress.note(reason),
      signal,
    });
    const zeroDivision = settings.zero_division;
    const { evaluation, predictions } = await labeller.evaluate({ name: 'test', samples, zeroDivision, progress, signal });
    if (settings.predictions !== null) {
      await writeFile(resolve(cwd, settings.predictions), formatPredictions(samples, predictions));
    }
    const { report, invalidJsonRate } = evaluation;
    process.stdout.write(settings.json
      ? `${JSON.stringify({ ...report, invalidJsonRate }, null, 2)}\n`
      : `${formatEvaluations({ evaluations: { test: evaluation }, zeroDivision })}\n`);
  } finally {
    await labeller.close();
  }
}

function formatPredictions(samples: readonly Sample[], predictions: readonly Prediction[]): string {
  return samples
    .map(({ id, labels }, index) => {
      const answer = predictions[index];
      return `${JSON.stringify({ id, gold: labels, pred: answer?.labels, raw: answer?.rawText, valid: answer?.valid })}\n`;
    })
    .join('');
}

function help(): string {
  return renderHelp({
    schema: evaluateSchema,
    summary: 'Measure an adapter on labelled posts.',
    usage: 'pnpm --filter evaluate start --adapter FOLDER --test_csv FILE [flags]',
    examples: [
      {
        command: 'pnpm --filter evaluate start --adapter runs/demo/lora_adapter --test_csv data/demo/test.csv',
        purpose: "the demo's adapter on its test posts",
      },
    ],
    notes: ['Exit codes: 0 done; 1 failed; 2 settings not usable; 3 data not usable; 4 model not usable; 130 stopped by Ctrl-C.'],
  });
}

void runCommand({ folder: join(import.meta.dirname, '..'), help, run: evaluate, onInterrupt: 'Stopping.', process });
