import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { MmhsError, type LabelSet } from '@mmhs/core';
import { findClassNamesFile, resolveClassNames } from './config-class-names.ts';
import { readConfigFile } from './config-file.ts';
import { trainingConfigSchema, type TrainingSettings } from './config-schema.ts';
import { formatValue, renderHelp } from './flags-help.ts';
import { mergeSettings } from './flags-merge.ts';
import { parseEnvironment, parseFlags, type GivenValues } from './flags-parse.ts';
import { listSettings } from './flags-settings.ts';
import { readJson, splitList } from './flags-value.ts';

/** A complete, checked training configuration. Paths are absolute; what is null is left to the model family. */
export interface TrainingConfig extends Readonly<Omit<TrainingSettings, 'train_csv' | 'class_names' | 'early_stopping_metric'>> {
  readonly train_csv: string;
  /** Labels in canonical order. */
  readonly class_names: LabelSet;
  readonly early_stopping_metric: string;
}

/** Where a setting's value came from: a flag, a variable, a place in a file, or `default`. */
export type SettingSources = Readonly<Record<string, string>>;

/** What {@link resolveTrainingConfig} makes of its sources. */
export interface ResolvedTrainingConfig {
  readonly config: TrainingConfig;
  /** By setting name. */
  readonly sources: SettingSources;
  /** What the user should know: settings without effect here, values that were derived. */
  readonly notices: readonly string[];
}

/** Options of {@link resolveTrainingConfig}. */
export interface ResolveTrainingConfigOptions {
  /** Words of the command line after the command. */
  readonly argv: readonly string[];
  /** Environment; variables are named `MMHS_` and the setting in capitals. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folder that relative paths start from. */
  readonly cwd: string;
  /**
   * Config file to use when no source names training data or a config file; `paths` has those for certain values of `model`.
   * Its paths start from `folder`.
   */
  readonly demo?: { readonly path: string; readonly paths?: Readonly<Record<string, string>>; readonly folder: string };
}

const variablePrefix = 'MMHS_';
const paths = ['model_id', 'train_csv', 'val_csv', 'test_csv', 'image_root', 'out_dir', 'config'] as const;

/**
 * Reads a training configuration from flags, environment, config file and defaults, in this order of precedence.
 *
 * @throws MmhsError `MMHS_CONFIG_UNKNOWN` for unknown names, with the nearest known one; `MMHS_CONFIG_INVALID` for unusable
 * values, all of them at once; `MMHS_CONFIG_MISSING` without training data; `MMHS_CONFIG_FILE` about the config file;
 * `MMHS_LABELS_INVALID` about the labels; and what `@mmhs/data` throws when labels are collected from the data.
 */
export async function resolveTrainingConfig(options: ResolveTrainingConfigOptions): Promise<ResolvedTrainingConfig> {
  const { settings, given, usedDemo } = await readSources(options);
  const { train_csv } = settings;
  if (train_csv === null) {
    throw new MmhsError('MMHS_CONFIG_MISSING', 'There is no training data', {
      where: '--train_csv', fix: 'name a CSV or JSON Lines file with the columns text, image_path and labels',
    });
  }
  const files = [train_csv, settings.val_csv, settings.test_csv].filter((file) => file !== null);
  const { labelSet, notice } = await resolveClassNames({
    given: settings.class_names, cwd: options.cwd, files, columns: columnsOf(settings), onBadRow: settings.on_bad_row,
  });
  const config = { ...settings, ...settle(settings), train_csv, class_names: labelSet };
  checkMetrics(config, given);
  return {
    config,
    sources: Object.fromEntries(Object.keys(settings).map((name) => [name, given.get(name)?.where ?? 'default'])),
    notices: [
      ...(usedDemo === undefined ? [] : ['No --train_csv and no --config: this is the demo job.']),
      ...inertNotices(given),
      ...derivedNotices(settings, given),
      ...(notice === undefined ? [] : [notice]),
    ],
  };
}

interface ReadSettings {
  readonly settings: TrainingSettings;
  readonly given: GivenValues;
  readonly usedDemo: ResolveTrainingConfigOptions['demo'];
}

async function readSources({ argv, env, cwd, demo }: ResolveTrainingConfigOptions): Promise<ReadSettings> {
  const settings = listSettings(trainingConfigSchema);
  const flags = parseFlags({ argv, settings });
  const variables = parseEnvironment({ env, settings, prefix: variablePrefix });
  const strong = [absolutePaths(flags, cwd), absolutePaths(variables, cwd)];
  const named = (name: string): unknown => (flags.get(name) ?? variables.get(name))?.value;
  const configFile = named('config');
  const usedDemo = configFile === undefined && named('train_csv') === undefined ? demo : undefined;
  const read = async (path: string, folder: string): Promise<GivenValues> =>
    absolutePaths(await readConfigFile({ path: resolve(folder, path), name: path, settings }), folder);
  const file = typeof configFile === 'string' ? await read(configFile, cwd)
    : usedDemo !== undefined ? await read(usedDemo.paths?.[String(named('model'))] ?? usedDemo.path, usedDemo.folder)
    : new Map<string, never>();
  return { ...mergeSettings({ schema: trainingConfigSchema, layers: [...strong, file] }), usedDemo };
}

/** Makes paths absolute, each source's from its own folder. */
function absolutePaths(given: GivenValues, folder: string): GivenValues {
  return new Map([...given].map(([name, { value, where }]) => [name, { value: absolutePath(name, value, folder), where }]));
}

function absolutePath(name: string, value: unknown, folder: string): unknown {
  if (typeof value !== 'string' || value === '') return value;
  if (name === 'class_names') return findClassNamesFile(value, folder) ?? value;
  if (!(paths as readonly string[]).includes(name)) return value;
  const absolute = resolve(folder, value);
  // A model that is no folder here may be a name elsewhere.
  return name === 'model_id' && !existsSync(absolute) ? value : absolute;
}

/** The columns the settings name, for `@mmhs/data`. */
export function columnsOf(
  config: Pick<TrainingSettings, 'text_column' | 'image_column' | 'labels_column' | 'id_column'>,
): { readonly text?: string; readonly image?: string; readonly labels?: string; readonly id?: string } {
  const { text_column: text, image_column: image, labels_column: labels, id_column: id } = config;
  const named = Object.entries({ text, image, labels, id }).filter(([, name]) => name !== null);
  return Object.fromEntries(named) as ReturnType<typeof columnsOf>;
}

type SettledSettings = Pick<
  TrainingConfig,
  'lora_target_modules' | 'exclude_modules' | 'eval_strategy' | 'metric_for_best_model' | 'early_stopping_metric'
>;

function settle(settings: TrainingSettings): SettledSettings {
  const best = plainMetric(settings.metric_for_best_model);
  return {
    lora_target_modules: readModules(settings.lora_target_modules),
    exclude_modules: readModules(settings.exclude_modules),
    eval_strategy: settings.val_csv === null ? 'no' : settings.eval_strategy,
    metric_for_best_model: best,
    early_stopping_metric: settings.early_stopping_metric === null ? best : plainMetric(settings.early_stopping_metric),
  };
}

/** Plain names, one or several, are a list of path endings; anything else is a regular expression or `all-linear`. */
function readModules(given: string | readonly string[] | null): string | string[] | null {
  if (given === null) return null;
  if (typeof given !== 'string') return [...given];
  const json = readJson(given, '[');
  if (Array.isArray(json)) return json.map(String);
  return given === 'all-linear' || !/^[\w.,\s-]+$/.test(given) ? given : splitList(given);
}

/** `eval_f1_macro`, as the original and Hugging Face write it, is `f1_macro`. */
function plainMetric(name: string): string {
  return name.replace(/^eval_/, '');
}

const metrics = [
  'loss', 'f1_micro', 'f1_macro', 'f1_weighted', 'f1_samples', 'subset_accuracy', 'hamming_loss', 'invalid_json_rate',
];

function checkMetrics(config: TrainingConfig, given: GivenValues): void {
  const known = [...metrics, ...config.class_names.flatMap((label) => ['precision', 'recall', 'f1'].map((score) => `${score}_${label}`))];
  for (const name of ['metric_for_best_model', 'early_stopping_metric'] as const) {
    if (known.includes(config[name])) continue;
    throw new MmhsError('MMHS_CONFIG_INVALID', 'There is no such metric', {
      where: given.get(name)?.where ?? `--${name}`, got: JSON.stringify(config[name]),
      expected: `${metrics.join(', ')}, or precision_, recall_ or f1_ and a label`,
    });
  }
}

function inertNotices(given: GivenValues): string[] {
  return listSettings(trainingConfigSchema).flatMap(({ name, description, defaultValue }) => {
    const value = given.get(name);
    if (description.inert === undefined || value === undefined || value.value === defaultValue) return [];
    return [`${value.where} = ${formatValue(value.value)} has no effect: ${description.inert}`];
  });
}

function derivedNotices(settings: TrainingSettings, given: GivenValues): string[] {
  const notices: string[] = [];
  if (settings.val_csv === null && given.has('eval_strategy') && settings.eval_strategy !== 'no') {
    notices.push('No --val_csv: there is no evaluation while training, no early stopping and no best checkpoint.');
  }
  if (settings.warmup_steps !== null && given.has('warmup_ratio')) {
    notices.push('--warmup_steps is given: --warmup_ratio has no effect.');
  }
  if (settings.max_steps !== null && given.has('num_train_epochs')) {
    notices.push('--max_steps is given: --num_train_epochs has no effect.');
  }
  return notices;
}

/** The help text of the training command, written from the schema. */
export function trainingHelp(options: { readonly width?: number } = {}): string {
  return renderHelp({
    ...options,
    schema: trainingConfigSchema,
    summary: 'Fine-tune a vision-language model with LoRA to label posts of text and picture, and evaluate it.',
    usage: 'pnpm --filter trainer start [flags]      (or: npm start -- [flags])',
    examples: [
      { command: 'pnpm --filter trainer start', purpose: 'the demo job: embedded data and a tiny embedded model' },
      {
        command: 'pnpm --filter trainer start --model_id FOLDER --train_csv train.csv --val_csv val.csv --out_dir runs/mine',
        purpose: 'your own posts',
      },
      {
        command: 'pnpm --filter trainer start --model_id ORGANISATION/NAME --train_csv train.csv',
        purpose: 'a model of the Hugging Face Hub, downloaded into its cache',
      },
      { command: 'pnpm --filter trainer start --config run.yaml --learning_rate 1e-4', purpose: 'a config file, one value of it changed' },
      { command: 'pnpm --filter trainer start --config run.yaml --resume', purpose: 'go on after an interruption' },
    ],
    notes: [
      'Flags may be written --learning_rate or --learning-rate, with a blank or = before the value. Precedence: flags, then ' +
        'environment variables (MMHS_LEARNING_RATE), then the config file, then defaults. An unknown name is an error.',
      'Exit codes: 0 done; 1 the run failed; 2 settings not usable; 3 data not usable; 4 model not usable; 130 stopped by Ctrl-C, ' +
        'a checkpoint was written. A second Ctrl-C stops at once.',
    ],
  });
}
