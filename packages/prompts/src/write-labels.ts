import { canonicalizeLabels, MmhsError, type LabelSet } from '@mmhs/core';

/**
 * Writes a JSON array of strings as Python's `json.dumps(labels, ensure_ascii=False)` does: `["a", "b"]`, `[]`.
 *
 * The strings keep their order; line breaks inside them are escaped, so the result is always one line.
 */
export function writeJsonArray(labels: readonly string[]): string {
  return `[${labels.map((label) => JSON.stringify(label)).join(', ')}]`;
}

/**
 * Writes the canonical answer for a post: its labels in the label set's order, each once, as a JSON array.
 *
 * This is the only writer of targets; training, constrained decoding and the strict check of answers share it.
 *
 * @throws MmhsError `MMHS_PROMPT_UNKNOWN_LABEL` when a label is not in the label set.
 *
 * @example
 * writeLabels(['sexist', 'racist'], ['racist', 'sexist', 'religion']); // '["racist", "sexist"]'
 */
export function writeLabels(labels: Iterable<string>, labelSet: LabelSet): string {
  const canonical = canonicalizeLabels(labels, labelSet);
  const [unknown] = canonical.unknown;
  if (unknown !== undefined) {
    throw new MmhsError('MMHS_PROMPT_UNKNOWN_LABEL', 'A label is not in the label set', {
      got: JSON.stringify(unknown),
      expected: `one of ${writeJsonArray(labelSet)}`,
    });
  }
  return writeJsonArray(canonical.labels);
}
