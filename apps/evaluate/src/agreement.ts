import { join } from 'node:path';
import type { LabelSet } from '@mmhs/core';
import { multilabelReport } from '@mmhs/metrics';
import { writeFileAtomically } from '@mmhs/runtime';
import type { EvaluatedPost } from './evaluated-post.ts';

/** How far answers in fewer bits are from those in float32, on the same posts. */
export interface Agreement {
  readonly samples: number;
  /** Share of the posts that are given the same labels. */
  readonly equalArrays: number;
  /** Labels that one gives and the other does not, over all posts. */
  readonly changedLabels: number;
  /** Mean and largest absolute difference of p(label | post) over all posts and labels; undefined without scores. */
  readonly meanScoreDifference: number | undefined;
  readonly largestScoreDifference: number | undefined;
  readonly f1Micro: number;
  readonly f1MicroFloat32: number;
}

/** Compares two systems' answers to the same posts in the same order. */
export function measureAgreement(options: {
  readonly posts: readonly EvaluatedPost[];
  /** The answers in float32. */
  readonly reference: readonly EvaluatedPost[];
  readonly labelSet: LabelSet;
  readonly zeroDivision: 0 | 1;
}): Agreement {
  const { posts, reference, labelSet, zeroDivision } = options;
  const pairs = posts.map((post, index) => [post, reference[index] as EvaluatedPost] as const);
  const changes = pairs.map(([post, other]) => labelSet.filter((label) => post.labels.includes(label) !== other.labels.includes(label)).length);
  const differences = pairs.flatMap(([{ scores }, other]) =>
    (scores === undefined || other.scores === undefined ? [] : differencesOf(scores, other.scores)));
  const gold = posts.map((post) => post.gold);
  const microF1 = (list: readonly EvaluatedPost[]): number =>
    multilabelReport({ gold, predicted: list.map(({ labels }) => labels), labels: labelSet, zeroDivision }).f1Micro;
  return {
    samples: posts.length,
    equalArrays: changes.filter((count) => count === 0).length / posts.length,
    changedLabels: sum(changes),
    meanScoreDifference: differences.length === 0 ? undefined : sum(differences) / differences.length,
    largestScoreDifference: differences.length === 0 ? undefined : differences.reduce((largest, value) => Math.max(largest, value), 0),
    f1Micro: microF1(posts),
    f1MicroFloat32: microF1(reference),
  };
}

/** The file in an evaluation's folder. */
export const agreementFile = 'agreement.json';

/** Writes `agreement.json`: one entry a split. */
export async function writeAgreement(options: { readonly folder: string; readonly splits: Readonly<Record<string, Agreement>> }): Promise<void> {
  const text = `${JSON.stringify(options.splits, null, 2)}\n`;
  await writeFileAtomically({ path: join(options.folder, agreementFile), write: (file) => file.writeFile(text) });
}

/** A few words on each split. */
export function formatAgreement(splits: Readonly<Record<string, Agreement>>): string {
  return Object.entries(splits).map(([name, agreement]) => {
    const { samples, equalArrays, changedLabels, meanScoreDifference: mean, largestScoreDifference: largest, f1Micro, f1MicroFloat32 } = agreement;
    const scores = mean === undefined || largest === undefined ? '' : `; scores differ by ${mean.toFixed(4)} on average, ${largest.toFixed(4)} at most`;
    return `Agreement with float32, ${name}: ${(100 * equalArrays).toFixed(1)} % of ${samples} answers equal, ${changedLabels} labels changed${scores}; `
      + `micro F1 ${f1Micro.toFixed(4)}, in float32 ${f1MicroFloat32.toFixed(4)}`;
  }).join('\n');
}

function differencesOf(scores: Readonly<Record<string, number>>, others: Readonly<Record<string, number>>): number[] {
  return Object.entries(scores).map(([label, score]) => Math.abs(score - (others[label] as number)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
