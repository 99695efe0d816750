import { MmhsError } from '@mmhs/core';
import { splitNames, type Finding, type SplitName } from './findings.ts';

/** A post of a data set to be made. @internal */
export interface PlannedRow {
  readonly id: string;
  /** Its picture in the raw files; undefined when it is not there. */
  readonly rawImage: string | undefined;
  /** Its picture in the data set. */
  readonly image: string;
  /** Labels, for the counts. */
  readonly labels: readonly string[];
  /** Cells in the order of the plan's columns. */
  readonly cells: readonly string[];
}

/** A data set to be made: what its files will hold. @internal */
export interface DataSetPlan {
  readonly columns: readonly string[];
  readonly classNames: readonly string[];
  readonly splits: Readonly<Record<SplitName, readonly PlannedRow[]>>;
  /** Published numbers of posts. */
  readonly sizes: Readonly<Record<SplitName, number>>;
  /** Other files to take over: raw path and path in the data set. */
  readonly extraFiles: readonly { readonly raw: string; readonly target: string }[];
  readonly findings: readonly Finding[];
}

/**
 * Refuses splits that share posts: scores on them would be worthless. (One copy of MMHS150K in circulation has its test
 * identifiers in the place of the training ones.)
 *
 * @param keys by split, what must not be shared.
 * @throws MmhsError `MMHS_DATA_SPLIT_OVERLAP`.
 * @internal
 */
export function checkDisjoint(name: string, keys: Readonly<Record<SplitName, Iterable<string>>>): void {
  const sets = { train: new Set(keys.train), val: new Set(keys.val), test: new Set(keys.test) };
  for (const [index, first] of splitNames.entries()) {
    for (const second of splitNames.slice(index + 1)) {
      const shared = [...sets[second]].filter((key) => sets[first].has(key));
      if (shared.length === 0) continue;
      throw new MmhsError('MMHS_DATA_SPLIT_OVERLAP', `Posts of ${first} are also in ${second}`, {
        where: name,
        got: `${shared.length} in both: ${shared.slice(0, 3).join(', ')}${shared.length > 3 ? ', ...' : ''}`,
        expected: 'splits that share nothing',
        fix: 'get another copy of the data set: this one is not as published',
      });
    }
  }
}
