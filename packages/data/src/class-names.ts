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
  try {
    return defineLabelSet(parseJsonNames(text) ?? parseLines(text));
  } catch (error) {
    if (!(error instanceof MmhsError)) throw error;
    throw new MmhsError('MMHS_LABELS_INVALID', 'The label list is not usable', { ...error.details, where: path });
  }
}

const jsonNames = z.union([z.array(z.string()), z.object({ class_names: z.array(z.string()) })]);

function parseJsonNames(text: string): readonly string[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // A label may itself start with a bracket: the file is then a list of lines.
  }
  const { success, data: names } = jsonNames.safeParse(value);
  if (success) return Array.isArray(names) ? names : names.class_names;
  throw new MmhsError('MMHS_LABELS_INVALID', 'The label list is not usable', {
    got: text.trim().slice(0, 60),
    expected: '["label", ...] or {"class_names": ["label", ...]}',
  });
}

function parseLines(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Every label that occurs, sorted by code unit; a label list for data that came without one. */
export function collectLabels(samples: Iterable<Pick<Sample, 'labels'>>): LabelSet {
  return defineLabelSet(occurringLabels(samples));
}

/**
 * As {@link collectLabels}, but empty for posts without any label.
 *
 * @internal
 */
export function occurringLabels(samples: Iterable<Pick<Sample, 'labels'>>): string[] {
  const found = new Set<string>();
  for (const sample of samples) for (const label of sample.labels) found.add(label);
  return [...found].sort();
}
