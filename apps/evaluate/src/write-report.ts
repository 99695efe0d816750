import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@mmhs/runtime';
import type { PairedSplit } from './comparison.ts';
import type { ReadSettings } from './read-settings.ts';
import { loadThumbnails } from './report/load-thumbnails.ts';
import { findMistakes } from './report/mistakes.ts';
import { renderReport } from './report/render-report.ts';
import type { RunResult } from './run.ts';

/** Writes `report.html`. */
export async function writeReport(options: Pick<ReadSettings, 'settings' | 'adapterFolder' | 'run'> & {
  readonly path: string;
  readonly result: RunResult;
  readonly comparison: { readonly other: string; readonly splits: readonly PairedSplit[] } | undefined;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { path, settings, adapterFolder, run, result, comparison, signal } = options;
  const { labelSet } = result;
  const splits = result.splits.map((split) => ({ ...split, mistakes: findMistakes({ ...split, labelSet, count: settings.worst }) }));
  const paths = splits.flatMap(({ mistakes }) => [...mistakes.falsePositives, ...mistakes.falseNegatives])
    .flatMap(({ sample }) => (sample.imagePath === undefined ? [] : [sample.imagePath]));
  const page = renderReport({
    ...result,
    title: `Evaluation of ${settings.adapter}`,
    facts: {
      adapter: adapterFolder,
      ...Object.fromEntries(splits.map((split) => [`${split.name} posts`, split.path])),
      rule: settings.rule,
      labels: labelSet.join(', '),
    },
    zeroDivision: settings.zero_division,
    resamples: settings.resamples,
    splits,
    thumbnails: await loadThumbnails({ paths, signal }),
    history: run?.metrics ?? [],
    comparison,
    style: await readFile(join(import.meta.dirname, 'report/page.css'), 'utf8'),
  });
  await writeFileAtomically({ path, write: (file) => file.writeFile(page) });
}
