import { MmhsError } from './errors.ts';

/** A fixed, ordered list of distinct label names; its order is the canonical order of every answer. */
export type LabelSet = readonly string[];

/**
 * Checks a label list: at least one label, none empty or blank at its ends, none twice.
 *
 * @throws MmhsError `MMHS_LABELS_INVALID` naming the first offending label.
 */
export function defineLabelSet(labels: readonly string[]): LabelSet {
  const fail = (got: string, expected: string): never => {
    throw new MmhsError('MMHS_LABELS_INVALID', 'The label list is not usable', { got, expected });
  };
  if (labels.length === 0) fail('an empty list', 'at least one label');
  const seen = new Set<string>();
  for (const label of labels) {
    if (label === '' || label.trim() !== label) fail(JSON.stringify(label), 'a name without blanks at its ends');
    if (seen.has(label)) fail(`${JSON.stringify(label)} twice`, 'distinct labels');
    seen.add(label);
  }
  return Object.freeze([...labels]);
}

/**
 * Puts labels into the label set's order without duplicates, and keeps apart those it does not know.
 *
 * Names are compared exactly, as the Python original does.
 */
export function canonicalizeLabels(
  labels: Iterable<string>,
  labelSet: LabelSet,
): { readonly labels: string[]; readonly unknown: string[] } {
  const wanted = new Set(labels);
  const known = labelSet.filter((label) => wanted.delete(label));
  return { labels: known, unknown: [...wanted] };
}
