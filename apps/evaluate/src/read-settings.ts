import { resolve } from 'node:path';
import { MmhsError } from '@mmhs/core';
import { listSettings, mergeSettings, parseFlags, type GivenValues } from '@mmhs/trainer';
import type { SplitName } from './evaluated-post.ts';
import type { RunRecord } from './run-record.ts';
import { evaluateSchema, type EvaluateSettings } from './settings.ts';

const dataNames = ['val_csv', 'test_csv', 'image_root', 'text_column', 'image_column', 'labels_column', 'id_column'];
const usageNames = ['on_bad_row', 'on_unknown_label', 'zero_division', 'per_device_eval_batch_size', 'max_new_tokens'];

/** Settings, and what follows from them. */
export interface ReadSettings {
  readonly settings: EvaluateSettings;
  readonly adapterFolder: string;
  readonly run: RunRecord | undefined;
  /** File of each split that is to be evaluated. */
  readonly files: ReadonlyMap<SplitName, string>;
}

/**
 * Reads the command line. What it leaves open comes from the adapter's run, and then from the defaults.
 *
 * @throws MmhsError `MMHS_CONFIG_...` for unknown flags and values, and for a split without a file.
 */
export async function readSettings(options: {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly readRun: (adapterFolder: string) => Promise<RunRecord | undefined>;
}): Promise<ReadSettings> {
  const { argv, cwd, readRun } = options;
  const flags = parseFlags({ argv, settings: listSettings(evaluateSchema) });
  const { settings: own } = mergeSettings({ schema: evaluateSchema, layers: [flags] });
  const adapterFolder = resolve(cwd, own.adapter);
  const run = await readRun(adapterFolder);
  const { settings } = mergeSettings({ schema: evaluateSchema, layers: [flags, fromRun(run, flags)] });
  return { settings, adapterFolder, run, files: chooseFiles(settings, cwd) };
}

/** Settings of the run; those about its data only when no other data are named. */
function fromRun(run: RunRecord | undefined, flags: GivenValues): GivenValues {
  if (run === undefined) return new Map();
  const names = flags.has('val_csv') || flags.has('test_csv') ? usageNames : [...usageNames, ...dataNames];
  return new Map(names.flatMap((name) => (name in run.config ? [[name, { value: run.config[name], where: `${run.where}: ${name}` }]] : [])));
}

function chooseFiles(settings: EvaluateSettings, cwd: string): ReadonlyMap<SplitName, string> {
  const known = { val: settings.val_csv, test: settings.test_csv };
  const wanted = settings.splits ?? (['val', 'test'] as const).filter((split) => known[split] !== null);
  if (wanted.length === 0) throw missing('test');
  return new Map(wanted.map((split) => {
    const path = known[split];
    if (path === null) throw missing(split);
    return [split, resolve(cwd, path)];
  }));
}

function missing(split: SplitName): MmhsError {
  return new MmhsError('MMHS_CONFIG_MISSING', `There is no file of ${split} posts`, {
    where: `--${split}_csv`, fix: `give --${split}_csv, or an adapter in the folder of a run that had one`,
  });
}
