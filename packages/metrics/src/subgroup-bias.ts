import { binaryRocAuc } from './score-averages.ts';
import { checkBinary, type BinaryScores } from './score-matrix.ts';
import { MetricsError } from './errors.ts';

/** How well a score separates positives from negatives when a group of people is mentioned. */
export interface SubgroupBias {
  readonly subgroup: string;
  /** Rows that mention the group. */
  readonly rows: number;
  /** AUC among these rows: low when the model cannot tell hate from harmless mention. */
  readonly subgroupAuc: number;
  /** Background positives against subgroup negatives: low when harmless mention of the group scores too high. */
  readonly bpsnAuc: number;
  /** Background negatives against subgroup positives: low when hate against the group scores too low. */
  readonly bnspAuc: number;
}

/**
 * AUCs that show unintended bias, for one label and several groups. An AUC without positives or negatives is NaN.
 *
 * @param options.subgroups - By name, 1 for each row that mentions the group and 0 otherwise.
 *
 * Source: Borkan et al. 2019, arXiv 1903.04561.
 */
export function subgroupBias(
  options: BinaryScores & { readonly subgroups: Readonly<Record<string, ArrayLike<number>>> },
): SubgroupBias[] {
  checkBinary(options);
  return Object.entries(options.subgroups).map(([subgroup, members]) => {
    if (members.length !== options.gold.length) {
      throw new MetricsError('MMHS_METRICS_SHAPE', 'A subgroup and the rows differ in number', {
        where: `subgroups.${subgroup}`,
        got: `${members.length}`,
        expected: `${options.gold.length}`,
      });
    }
    const auc = (keep: (isMember: boolean, isPositive: boolean) => boolean): number =>
      aucOf(options, (row) => keep(members[row] === 1, options.gold[row] === 1));
    return {
      subgroup,
      rows: Array.from(members).filter((member) => member === 1).length,
      subgroupAuc: auc((isMember) => isMember),
      bpsnAuc: auc((isMember, isPositive) => isMember !== isPositive),
      bnspAuc: auc((isMember, isPositive) => isMember === isPositive),
    };
  });
}

/**
 * Power mean of AUCs over groups; the default -5 is drawn towards the worst group. NaN values are left out.
 *
 * Source: as {@link subgroupBias}.
 */
export function generalizedMean(values: readonly number[], power = -5): number {
  const present = values.filter((value) => !Number.isNaN(value));
  const mean = present.reduce((total, value) => total + value ** power, 0) / present.length;
  return mean ** (1 / power);
}

function aucOf({ gold, scores, sampleWeight }: BinaryScores, keep: (row: number) => boolean): number {
  const rows = Array.from({ length: gold.length }, (_, row) => row).filter(keep);
  if (rows.length === 0) return NaN;
  return binaryRocAuc({
    gold: rows.map((row) => gold[row]!),
    scores: rows.map((row) => scores[row]!),
    ...(sampleWeight === undefined ? {} : { sampleWeight: rows.map((row) => sampleWeight[row]!) }),
  });
}
