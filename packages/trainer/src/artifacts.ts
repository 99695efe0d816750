import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LabelSet, Prediction } from '@mmhs/core';
import type { MultilabelReport } from '@mmhs/metrics';
import { writeFileAtomically } from '@mmhs/runtime';

/** One evaluation: the report, and what was measured besides. */
export interface Evaluation {
  readonly report: MultilabelReport;
  /** Share of answers that were not a JSON array of known labels and nothing else. */
  readonly invalidJsonRate: number;
  /** Mean cross-entropy over the label tokens, if it was computed. */
  readonly loss?: number | undefined;
  readonly seconds: number;
  readonly samples: number;
  /** Batches the evaluation ran in. */
  readonly batches: number;
}

/** Share of predictions that are not well-formed answers; 0 when there are none. */
export function invalidJsonRate(predictions: readonly Pick<Prediction, 'valid'>[]): number {
  return predictions.length === 0 ? 0 : predictions.filter(({ valid }) => !valid).length / predictions.length;
}

/**
 * The numbers of an evaluation by name, as they are logged and as early stopping sees them: the Python original's names
 * first, then ours, then `precision_`, `recall_` and `f1_` of each label.
 */
export function evaluationMetrics(evaluation: Evaluation): Record<string, number> {
  const { report } = evaluation;
  return {
    ...mainMetrics(evaluation),
    ...Object.fromEntries(
      report.perLabel.flatMap(({ label, precision, recall, f1 }) => [
        [`precision_${label}`, precision],
        [`recall_${label}`, recall],
        [`f1_${label}`, f1],
      ]),
    ),
  };
}

/**
 * Writes `val_metrics.json` or `test_metrics.json`: the original's keys, then ours, then a table per label.
 *
 * The validation file's keys start with `eval_` and it has an `epoch`, as the original's; the test file's keys are bare.
 * Numbers that are not finite (with zero division NaN) become null.
 */
export async function writeMetricsFile(options: {
  readonly folder: string;
  readonly split: 'val' | 'test';
  readonly evaluation: Evaluation;
  readonly epoch?: number;
}): Promise<string> {
  const { folder, split, evaluation, epoch } = options;
  const { report } = evaluation;
  const prefix = split === 'val' ? 'eval_' : '';
  const metrics = Object.entries(mainMetrics(evaluation)).map(([name, value]) => [prefix + name, value]);
  const contents = {
    ...Object.fromEntries(metrics),
    ...(epoch === undefined ? {} : { epoch }),
    [`${prefix}samples`]: evaluation.samples,
    zero_division: Number.isNaN(report.zeroDivision) ? 'nan' : report.zeroDivision,
    undefined_labels: report.undefinedLabels,
    per_label: Object.fromEntries(
      report.perLabel.map(({ label, precision, recall, f1, support }) => [label, { precision, recall, f1, support }]),
    ),
    averages: report.averages,
  };
  return writeJsonFile({ path: join(folder, `${split}_metrics.json`), contents });
}

/** Writes `label_map.json` as the original does: `{"class_names": [...]}`. */
export async function writeLabelMap(options: { readonly folder: string; readonly labelSet: LabelSet }): Promise<string> {
  return writeJsonFile({ path: join(options.folder, 'label_map.json'), contents: { class_names: options.labelSet } });
}

/** Writes `config.resolved.json`: every setting of the run with its value, and what it ran on. */
export async function writeResolvedConfig(options: {
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Versions of this software, Node and the model, by name. */
  readonly versions: Readonly<Record<string, string>>;
}): Promise<string> {
  const { folder, config, versions } = options;
  return writeJsonFile({ path: join(folder, 'config.resolved.json'), contents: { config, versions } });
}

/** Writes indented JSON with a final line break, atomically; makes the folder. */
export async function writeJsonFile(options: { readonly path: string; readonly contents: unknown }): Promise<string> {
  const { path, contents } = options;
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically({ path, write: (file) => file.writeFile(`${JSON.stringify(contents, null, 2)}\n`) });
  return path;
}

function mainMetrics({ report, invalidJsonRate, loss, seconds, samples, batches }: Evaluation): Record<string, number> {
  return {
    ...(loss === undefined ? {} : { loss }),
    f1_micro: report.f1Micro,
    f1_macro: report.f1Macro,
    subset_accuracy: report.subsetAccuracy,
    hamming_loss: report.hammingLoss,
    runtime: seconds,
    samples_per_second: samples / seconds,
    steps_per_second: batches / seconds,
    f1_weighted: report.f1Weighted,
    f1_samples: report.f1Samples,
    invalid_json_rate: invalidJsonRate,
  };
}
