import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MmhsError, type LabelSet } from '@mmhs/core';
import { scoreRows, type EvaluatedPost, type EvaluatedSplits, type SplitName } from './evaluated-post.ts';
import { readPredictions } from './predictions-file.ts';

/** Where a run's predictions may lie, the best first. */
const ownPlaces = ['predictions.jsonl', 'evaluation/predictions.jsonl'];
/** The answers that training saved, and their split. */
const trainingPlaces: readonly (readonly [name: string, split: SplitName])[] = [
  ['eval_predictions.jsonl', 'val'], ['test_predictions.jsonl', 'test'],
];

/** Two systems' answers to the posts of a split that both have answered. */
export interface PairedSplit {
  readonly name: SplitName;
  readonly gold: readonly (readonly string[])[];
  /** Labels by this run. */
  readonly ours: readonly (readonly string[])[];
  /** Labels by the other run. */
  readonly theirs: readonly (readonly string[])[];
  /** p(label | post) by both runs, `[posts][labels]`; undefined unless both have them for all these posts. */
  readonly scores: { readonly ours: readonly (readonly number[])[]; readonly theirs: readonly (readonly number[])[] } | undefined;
  /** Posts of this run that the other has not answered. */
  readonly unanswered: number;
}

/**
 * Reads another run's predictions.
 *
 * @param options.path a predictions file, a run's folder, or the folder of its evaluation
 * @throws MmhsError `MMHS_DATA_PREDICTIONS` when there are none, and what {@link readPredictions} throws.
 */
export async function findPredictions({ path }: { readonly path: string }): Promise<EvaluatedSplits> {
  const kind = await kindOf(path);
  if (kind === 'file') return readPredictions({ path, split: splitOfName(basename(path)) });
  if (kind === 'folder') {
    for (const place of ownPlaces) {
      if ((await kindOf(join(path, place))) === 'file') return readPredictions({ path: join(path, place) });
    }
    const saved = new Map<SplitName, readonly EvaluatedPost[]>();
    for (const [name, split] of trainingPlaces) {
      if ((await kindOf(join(path, name))) !== 'file') continue;
      for (const [key, posts] of await readPredictions({ path: join(path, name), split })) saved.set(key, posts);
    }
    if (saved.size > 0) return saved;
  }
  throw new MmhsError('MMHS_DATA_PREDICTIONS', 'There are no predictions to compare with', {
    where: path,
    got: kind === 'none' ? 'no such file or folder' : 'a folder without predictions.jsonl',
    fix: 'evaluate that run first, or name its predictions.jsonl',
  });
}

/**
 * Puts two systems' answers side by side, post by post. Splits that only one of them has are left out.
 *
 * @throws MmhsError `MMHS_DATA_PREDICTIONS` when they share no post, when a post has other gold labels there, or labels that this
 * run does not know.
 */
export function pairSplits(options: {
  readonly ours: EvaluatedSplits;
  readonly theirs: EvaluatedSplits;
  readonly labelSet: LabelSet;
  readonly where: string;
}): PairedSplit[] {
  const paired = [...options.ours].flatMap(([name, posts]) => {
    const others = new Map(options.theirs.get(name)?.map((post) => [post.id, post]));
    const pair = pairPosts({ ...options, name, posts, others });
    return pair.gold.length === 0 ? [] : [pair];
  });
  if (paired.length > 0) return paired;
  throw new MmhsError('MMHS_DATA_PREDICTIONS', 'The two runs share no post', {
    where: options.where, expected: 'predictions for the same files of posts',
  });
}

function pairPosts(options: {
  readonly name: SplitName;
  readonly posts: readonly EvaluatedPost[];
  readonly others: ReadonlyMap<string, EvaluatedPost>;
  readonly labelSet: LabelSet;
  readonly where: string;
}): PairedSplit {
  const { name, posts, others, labelSet, where } = options;
  const pairs = posts.flatMap((post) => {
    const other = others.get(post.id);
    return other === undefined ? [] : [{ post, other }];
  });
  for (const { post, other } of pairs) {
    const unknown = [...other.gold, ...other.labels].find((label) => !labelSet.includes(label));
    if (unknown !== undefined) throw unlike(where, post.id, `the label ${JSON.stringify(unknown)}`, `labels among ${JSON.stringify(labelSet)}`);
    if (sorted(post.gold) !== sorted(other.gold)) throw unlike(where, post.id, `gold ${sorted(other.gold)}`, `${sorted(post.gold)}, as here`);
  }
  return {
    name,
    gold: pairs.map(({ post }) => post.gold),
    ours: pairs.map(({ post }) => post.labels),
    theirs: pairs.map(({ other }) => other.labels),
    scores: pairScores(pairs, labelSet),
    unanswered: posts.length - pairs.length,
  };
}

function pairScores(pairs: readonly { readonly post: EvaluatedPost; readonly other: EvaluatedPost }[], labelSet: LabelSet): PairedSplit['scores'] {
  const ours = scoreRows(pairs.map(({ post }) => post), labelSet);
  const theirs = scoreRows(pairs.map(({ other }) => other), labelSet);
  return ours && theirs && { ours, theirs };
}

function sorted(labels: readonly string[]): string {
  return JSON.stringify([...labels].sort());
}

function unlike(where: string, id: string, got: string, expected: string): MmhsError {
  return new MmhsError('MMHS_DATA_PREDICTIONS', 'The two runs cannot be compared', { where: `${where}, post ${id}`, got, expected });
}

function splitOfName(name: string): SplitName | undefined {
  return trainingPlaces.find(([usual]) => usual === name)?.[1];
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'none'> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 'none';
  return found.isDirectory() ? 'folder' : 'file';
}
