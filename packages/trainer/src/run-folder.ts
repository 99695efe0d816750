import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError } from '@mmhs/core';

/** Names of everything that a run, or an evaluation of it, writes into its folder, except cached features, which stay useful. */
const artefacts = [
  /^\.?checkpoint-\d+/, /^lora_adapter$/, /^trained_weights$/, /^logs$/, /^metrics\.jsonl$/, /^(?:val|test)_metrics\.json$/,
  /^(?:eval|test)_predictions\.jsonl$/, /^trainer_state\.json$/, /^label_map\.json$/, /^config\.resolved\.json$/,
  /^decision\.json$/, /^test_decisions\.json$/, /^evaluation$/,
];

/** Names that hold results which nobody should lose by starting another run. */
const results = [/^checkpoint-\d+$/, /^lora_adapter$/, /^trained_weights$/];

/**
 * Makes a run folder ready for a fresh run: what an earlier run left is removed.
 *
 * @throws MmhsError `MMHS_CONFIG_OUT_DIR` when the folder holds results and `overwrite` is off.
 */
export async function clearRunFolder(options: { readonly folder: string; readonly overwrite: boolean }): Promise<void> {
  const { folder, overwrite } = options;
  const names = await readdir(folder).catch(() => []);
  const precious = names.filter((name) => results.some((pattern) => pattern.test(name)));
  if (precious.length > 0 && !overwrite) {
    throw new MmhsError('MMHS_CONFIG_OUT_DIR', 'The folder already holds a run', {
      where: folder,
      got: precious.sort().join(', '),
      fix: 'go on with it by --resume, choose another --out_dir, or remove the run with --overwrite_out_dir',
    });
  }
  for (const name of names) {
    if (artefacts.some((pattern) => pattern.test(name))) await rm(join(folder, name), { recursive: true, force: true });
  }
}
