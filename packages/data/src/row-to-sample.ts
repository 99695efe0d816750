import { basename, dirname, resolve } from 'node:path';
import { canonicalizeLabels, MmhsError, type LabelSet, type Sample } from '@mmhs/core';
import { z } from 'zod';
import { binaryLabel, parseLabelCell } from './label-cell.ts';
import type { RawRow } from './raw-row.ts';

const cellSchemas = {
  text: z.string('a text').nullish(),
  image: z.string('a path').nullish(),
  id: z.union([z.string(), z.number()], 'a text or a number').nullish(),
};

/** What rows of one file are turned into samples with. @internal */
export interface RowContext {
  readonly path: string;
  readonly imageRoot: string | undefined;
  readonly labelSet: LabelSet | undefined;
  readonly requireLabels: boolean;
  readonly onUnknownLabel: 'error' | 'drop';
  /** Told of each label dropped under `onUnknownLabel: 'drop'`. */
  readonly onDroppedLabel: (error: MmhsError) => void;
}

/**
 * Makes the function that validates rows of a file and turns them into samples. It throws an MmhsError naming
 * file, line, column and value for a row that is not usable.
 *
 * @internal
 */
export function createRowReader(context: RowContext): (row: RawRow) => Sample {
  const file = basename(context.path);
  const imageRoot = resolve(context.imageRoot ?? dirname(context.path));
  const seen = new Set<string>();
  return (row) => {
    const text = checkCell(row, 'text', context.path) ?? '';
    const image = checkCell(row, 'image', context.path) ?? '';
    const labels = readLabels(row, context);
    if (text === '' && image === '') throw emptyPost(row, context.path);
    const id = String(checkCell(row, 'id', context.path) ?? row.line);
    if (seen.has(id)) throw duplicateId(row, context.path, id);
    seen.add(id);
    const imagePath = image === '' ? undefined : resolve(imageRoot, image);
    return { id, text, imagePath, labels, source: `${file}:${row.line}` };
  };
}

function checkCell<Role extends keyof typeof cellSchemas>(
  row: RawRow,
  role: Role,
  path: string,
): z.infer<(typeof cellSchemas)[Role]> {
  const value = row[role];
  // Cells of a CSV file are always strings: validation is for JSON.
  if (typeof value === 'string' || value === undefined) return value as z.infer<(typeof cellSchemas)[Role]>;
  const checked = cellSchemas[role].safeParse(value);
  if (checked.success) return checked.data as z.infer<(typeof cellSchemas)[Role]>;
  throw new MmhsError('MMHS_DATA_CELL', 'The cell has the wrong type', {
    where: locate(row, path, row.columns[role]),
    got: JSON.stringify(value),
    expected: checked.error.issues[0]?.message ?? role,
  });
}

function readLabels(row: RawRow, context: RowContext): string[] {
  const column = row.columns.labels;
  const where = locate(row, context.path, column);
  if (context.requireLabels && isUnlabelled(row)) {
    throw new MmhsError('MMHS_DATA_NO_LABEL', 'The post has no gold label', {
      where,
      got: row.labels === undefined ? 'nothing' : JSON.stringify(row.labels),
      expected: column === 'label' ? '0 or 1' : 'a list of labels, empty if none applies',
      fix: 'remove the row, skip bad rows, or read without requiring labels',
    });
  }
  const cell = parseLabelCell(row.labels, context.labelSet);
  if (!cell.ok) {
    throw new MmhsError('MMHS_DATA_LABELS', 'The labels cannot be read', {
      where,
      got: `${JSON.stringify(row.labels)} (${cell.reason})`,
      expected: 'a comma list, a JSON array or a Python list of label names, or 0 or 1',
    });
  }
  if (context.labelSet === undefined) return [...new Set(cell.labels)];
  const { labels, unknown } = canonicalizeLabels(cell.labels, context.labelSet);
  for (const label of unknown) reportUnknown(label, where, context, context.labelSet);
  return labels;
}

/** No key at all, or an empty cell in a column of single labels; an empty `labels` cell means that none applies. */
function isUnlabelled(row: RawRow): boolean {
  if (row.columns.labels === undefined) return false;
  if (row.labels === undefined) return true;
  return row.columns.labels === 'label' && (row.labels === '' || row.labels === null);
}

function reportUnknown(label: string, where: string, context: RowContext, labelSet: LabelSet): void {
  const shown = labelSet.slice(0, 30).map((name) => JSON.stringify(name));
  const error = new MmhsError('MMHS_DATA_UNKNOWN_LABEL', 'A label is not in the label list', {
    where,
    got: JSON.stringify(label),
    expected: `one of ${shown.join(', ')}${labelSet.length > 30 ? ', ...' : ''}`,
    fix:
      label === binaryLabel
        ? `a 0/1 column needs the label list ["${binaryLabel}"]`
        : 'correct the cell, extend the label list, or drop unknown labels',
  });
  if (context.onUnknownLabel === 'error') throw error;
  context.onDroppedLabel(error);
}

function emptyPost(row: RawRow, path: string): MmhsError {
  return new MmhsError('MMHS_DATA_EMPTY_POST', 'The post has neither text nor picture', {
    where: locate(row, path, row.columns.text),
    got: 'an empty text and no path',
    expected: 'a text, a picture or both',
  });
}

function duplicateId(row: RawRow, path: string, id: string): MmhsError {
  return new MmhsError('MMHS_DATA_DUPLICATE_ID', 'Two posts have the same identifier', {
    where: locate(row, path, row.columns.id),
    got: JSON.stringify(id),
    expected: 'an identifier that no earlier row has',
  });
}

function locate(row: RawRow, path: string, column: string | undefined): string {
  return column === undefined ? `${path}:${row.line}` : `${path}:${row.line}:${column}`;
}
