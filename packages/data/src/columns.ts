import { MmhsError } from '@mmhs/core';

/** Which column (CSV) or key (JSONL) holds what. A name left out is detected; `false` says that there is none. */
export interface SampleColumns {
  /** The post's text. Detected: `text`. */
  readonly text?: string | false;
  /** Path of the picture, relative to the image root. Detected: `image_path`, `image`, `img`. */
  readonly image?: string | false;
  /** Gold labels: a list, or 0/1. Detected: `labels`, `label`. */
  readonly labels?: string | false;
  /** Identifier. Detected: `id`; without one, the line on which the post starts. */
  readonly id?: string | false;
}

/** The roles a column can play. @internal */
export type ColumnRole = keyof SampleColumns;

const candidates: Readonly<Record<ColumnRole, readonly string[]>> = {
  text: ['text'],
  image: ['image_path', 'image', 'img'],
  labels: ['labels', 'label'],
  id: ['id'],
};

/** Name of the column for each role, or undefined when the file has none. @internal */
export type ResolvedColumns = Readonly<Record<ColumnRole, string | undefined>>;

/**
 * Finds the column of each role among the names a file has.
 *
 * @param options.optional - Roles that may be missing; the others raise `MMHS_DATA_MISSING_COLUMN`.
 * @internal
 */
export function resolveColumns(options: {
  readonly available: readonly string[];
  readonly columns: SampleColumns;
  readonly optional: ReadonlySet<ColumnRole>;
  readonly where: string;
}): ResolvedColumns {
  const { available, columns, optional, where } = options;
  const resolve = (role: ColumnRole): string | undefined => {
    const named = columns[role];
    if (named === false) return undefined;
    const wanted = named === undefined ? candidates[role] : [named];
    const found = wanted.find((name) => available.includes(name));
    if (found !== undefined) return found;
    if (optional.has(role)) return named;
    throw new MmhsError('MMHS_DATA_MISSING_COLUMN', `There is no column for the ${role}`, {
      where,
      got: available.map((name) => JSON.stringify(name)).join(', ') || 'no columns',
      expected: wanted.map((name) => JSON.stringify(name)).join(' or '),
      fix: `name the column that holds the ${role} (columns.${role}), or false if there is none`,
    });
  };
  return { text: resolve('text'), image: resolve('image'), labels: resolve('labels'), id: resolve('id') };
}
