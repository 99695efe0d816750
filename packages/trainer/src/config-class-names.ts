import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { defineLabelSet, MmhsError, type LabelSet } from '@mmhs/core';
import { collectLabels, loadSplit, readClassNames, type SampleColumns } from '@mmhs/data';
import { readJson, splitList } from './flags-value.ts';

/** What {@link resolveClassNames} found. */
export interface ResolvedClassNames {
  readonly labelSet: LabelSet;
  /** Where the labels came from, when the user did not say. */
  readonly notice?: string;
}

/**
 * Finds the label list: as given (a comma list, a JSON array, or a file), else from `class_names.txt` beside the training
 * file, else from the labels that occur in the data.
 *
 * @throws MmhsError `MMHS_CONFIG_INVALID` for a file that is not there, `MMHS_LABELS_INVALID` for an unusable list.
 */
export async function resolveClassNames(options: {
  readonly given: string | readonly string[] | null;
  readonly cwd: string;
  /** Training, validation and test files, the training file first. */
  readonly files: readonly string[];
  readonly columns: SampleColumns;
  readonly onBadRow: 'error' | 'skip';
}): Promise<ResolvedClassNames> {
  const { given, cwd, files, columns, onBadRow } = options;
  if (typeof given === 'string') return { labelSet: await readGiven(given, cwd) };
  if (given !== null) return { labelSet: defineLabelSet(given) };
  const besides = join(dirname(files[0] ?? cwd), 'class_names.txt');
  if (existsSync(besides)) {
    const labelSet = await readClassNames(besides);
    return { labelSet, notice: `class_names: ${labelSet.length} labels from ${besides}` };
  }
  const splits = await Promise.all(files.map((path) => loadSplit({ path, columns, onBadRow })));
  const labelSet = collectLabels(splits.flatMap((split) => split.samples));
  return { labelSet, notice: `class_names: the ${labelSet.length} labels that occur in the data, sorted` };
}

/** The absolute path of a `--class_names` text that is a file's; undefined when it is a list. */
export function findClassNamesFile(text: string, folder: string): string | undefined {
  const path = resolve(folder, text);
  const mayBeFile = looksLikeFile(text) || /[\\/]/.test(text);
  return mayBeFile && !text.trimStart().startsWith('[') && existsSync(path) ? path : undefined;
}

function looksLikeFile(text: string): boolean {
  return /\.(txt|json)$/i.test(text);
}

async function readGiven(text: string, cwd: string): Promise<LabelSet> {
  const json = readJson(text, '[');
  if (Array.isArray(json)) return defineLabelSet(json.map(String));
  const path = findClassNamesFile(text, cwd);
  if (path !== undefined) return readClassNames(path);
  if (!looksLikeFile(text)) return defineLabelSet(splitList(text));
  throw new MmhsError('MMHS_CONFIG_INVALID', 'The file of class names is not there', {
    where: '--class_names', got: resolve(cwd, text), fix: "name a file, or list the labels: --class_names 'a,b,c'",
  });
}
