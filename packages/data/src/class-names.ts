import { readFile } from 'node:fs/promises';
import { defineLabelSet, MmhsError, type LabelSet, type Sample } from '@mmhs/core';
import { z } from 'zod';

/**
 * Reads a label list: one label a line (`class_names.txt`), a JSON array of strings, or a JSON object with such an array
 * under `class_names` (`label_map.json`).
 *
 * @throws MmhsError `MMHS_DATA_FILE` when unreadable, `MMHS_LABELS_INVALID` when empty or with a label twice.
 */
export async function readClassNames(path: string): Promise<LabelSet> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MmhsError('MMHS_DATA_FILE', 'The label list cannot be read', { where: path, got: reason, cause });
  }
  return defineLabelSet(parseJsonNames(text) ?? parseLines(text));
}

const jsonNames = z.union([z.array(z.string()), z.object({ class_names: z.array(z.string()) })]);

function parseJsonNames(text: string): readonly string[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const names = jsonNames.parse(JSON.parse(text));
    return Array.isArray(names) ? names : names.class_names;
  } catch {
    // A label may itself start with a bracket: the file is then a list of lines.
    return undefined;
  }
}

function parseLines(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Every label that occurs, sorted by code unit; a label list for data that came without one. */
export function collectLabels(samples: Iterable<Pick<Sample, 'labels'>>): LabelSet {
  const found = new Set<string>();
  for (const sample of samples) for (const label of sample.labels) found.add(label);
  return defineLabelSet([...found].sort());
}
