import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  createProgress, formatEvaluations, renderHelp, writeMetricsFile, type CommandContext, type ProgressReporter,
} from '@mmhs/trainer';
import { agreementFile, formatAgreement, measureAgreement, writeAgreement, type Agreement } from './agreement.ts';
import { findPredictions, pairSplits, type PairedSplit } from './comparison.ts';
import type { EvaluatedSplits } from './evaluated-post.ts';
import { writePredictions } from './predictions-file.ts';
import { readSettings, type ReadSettings } from './read-settings.ts';
import { readRunRecord } from './run-record.ts';
import { evaluateSplits, type RunResult } from './run.ts';
import { evaluateSchema } from './settings.ts';
import { writeReport } from './write-report.ts';

/** Measures an adapter on labelled posts; leaves metrics, predictions and a report in a folder. */
export async function evaluate({ argv, env, cwd, signal }: CommandContext): Promise<void> {
  const read = await readSettings({ argv, cwd, readRun: readRunRecord });
  const { settings, adapterFolder } = read;
  const progress = createProgress({ stream: process.stderr, mode: settings.progress, env });
  // Before the model runs, so that a wrong path costs no time.
  const others = settings.compare === null ? undefined : await findPredictions({ path: resolve(cwd, settings.compare) });
  const context = { ...read, cwd, env, progress, signal };
  const result = await evaluateSplits(context);
  const agreement = settings.agreement
    ? agreementOf(result, await evaluateSplits({ ...context, precision: 'float32' }), settings.zero_division) : undefined;
  const folder = settings.out_dir === null ? join(dirname(adapterFolder), 'evaluation') : resolve(cwd, settings.out_dir);
  await writeResults({ ...read, folder, result, agreement, others, progress, signal });
  process.stdout.write(settings.json ? formatJson(result, agreement)
    : `${formatTable(result, settings.zero_division)}\n${agreement === undefined ? '' : `${formatAgreement(agreement)}\n`}`);
}

type AgreementBySplit = Readonly<Record<string, Agreement>>;

function agreementOf({ splits, labelSet }: RunResult, reference: RunResult, zeroDivision: 0 | 1): AgreementBySplit {
  return Object.fromEntries(splits.map(({ name, posts }, index) =>
    [name, measureAgreement({ posts, reference: reference.splits[index]?.posts ?? [], labelSet, zeroDivision })]));
}

async function writeResults(options: ReadSettings & {
  readonly folder: string;
  readonly result: RunResult;
  readonly agreement: AgreementBySplit | undefined;
  readonly others: EvaluatedSplits | undefined;
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { folder, result, agreement, others, settings, progress } = options;
  await mkdir(folder, { recursive: true });
  for (const { name, evaluation } of result.splits) await writeMetricsFile({ folder, split: name, evaluation });
  const splits: EvaluatedSplits = new Map(result.splits.map(({ name, posts }) => [name, posts]));
  await writePredictions({ path: join(folder, 'predictions.jsonl'), splits });
  // One of an earlier evaluation would be about other answers.
  if (agreement === undefined) await rm(join(folder, agreementFile), { force: true });
  else await writeAgreement({ folder, splits: agreement });
  progress.note(`Metrics and predictions: ${folder}`);
  const comparison = others && settings.compare !== null
    ? { other: settings.compare, splits: pairSplits({ ours: splits, theirs: others, labelSet: result.labelSet, where: settings.compare }) }
    : undefined;
  if (!settings.report) return;
  const path = join(folder, 'report.html');
  await writeReport({ ...options, path, comparison: comparison satisfies { splits: readonly PairedSplit[] } | undefined });
  progress.note(`Report: ${path}`);
}

function formatTable({ splits }: RunResult, zeroDivision: 0 | 1): string {
  return formatEvaluations({ evaluations: Object.fromEntries(splits.map(({ name, evaluation }) => [name, evaluation])), zeroDivision });
}

/** Reports of the splits by their names. */
function formatJson({ splits }: RunResult, agreement: AgreementBySplit | undefined): string {
  const reports = splits.map(({ name, evaluation: { report, invalidJsonRate } }) =>
    [name, { ...report, invalidJsonRate, ...(agreement === undefined ? {} : { agreement: agreement[name] }) }]);
  return `${JSON.stringify(Object.fromEntries(reports), null, 2)}\n`;
}

/** What --help prints. */
export function help(): string {
  const command = 'pnpm --filter evaluate start --adapter runs/demo/lora_adapter';
  return renderHelp({
    schema: evaluateSchema,
    summary: 'Measure an adapter on labelled posts: metrics, predictions, and a report to look at.',
    usage: 'pnpm --filter evaluate start --adapter FOLDER [--test_csv FILE] [flags]',
    examples: [
      { command, purpose: "the demo's adapter on the validation and test posts of its run" },
      { command: `${command} --test_csv data/mine/test.csv`, purpose: 'the same adapter on other posts' },
      { command: `${command} --splits test --rule thresholds --compare runs/other`, purpose: 'by tuned thresholds, tested against another run' },
      { command: `${command} --weights int4 --agreement`, purpose: 'with 4-bit weights, and how far its answers are from those in float32' },
    ],
    notes: ['Exit codes: 0 done; 1 failed; 2 settings not usable; 3 data not usable; 4 model not usable; 130 stopped by Ctrl-C.'],
  });
}
