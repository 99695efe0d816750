import type { Sample } from '@mmhs/core';
import { findNearPairs } from './near-pairs.ts';
import type { PerceptualHash } from './perceptual-hash.ts';
import type { PictureFacts, PictureFailure } from './picture-facts.ts';

/** A post, by where it stands. */
export interface PostReference {
  readonly split: string;
  readonly id: string;
}

/** Posts that have something in common. */
export interface TwinGroup {
  /** The same bytes, pictures that look alike, or texts that differ in case, blanks and links at most. */
  readonly kind: 'same_picture' | 'similar_picture' | 'same_text';
  readonly posts: readonly PostReference[];
}

/** Posts of two splits, or of one, that have twins. */
export interface TwinCount {
  /** Split the posts are of. */
  readonly split: string;
  /** Split their twins are of; may be the same. */
  readonly other: string;
  /** Posts of `split` with a twin in `other`. */
  readonly samePicture: number;
  /** The same pictures included. */
  readonly similarPicture: number;
  readonly sameText: number;
}

/** Posts that occur more than once. */
export interface TwinsInspection {
  readonly counts: readonly TwinCount[];
  readonly groups: readonly TwinGroup[];
  /** Groups with the same picture and the same text, but different labels. */
  readonly contradictions: readonly (readonly PostReference[])[];
}

interface Post extends PostReference {
  readonly labels: string;
  readonly text: string;
  readonly picture: PictureFacts | undefined;
}

/**
 * Finds posts that occur more than once, within and across splits.
 *
 * @param maxDistance different bits of 256 up to which pictures count as alike.
 * @internal
 */
export function findTwins(
  splits: ReadonlyMap<string, readonly Sample[]>,
  pictures: ReadonlyMap<string, PictureFacts | PictureFailure>,
  maxDistance: number,
): TwinsInspection {
  const posts = [...splits].flatMap(([split, samples]) => samples.map((sample) => toPost(split, sample, pictures)));
  const samePicture = groupBy(posts, (post) => post.picture?.sha256);
  const similarPicture = groupBy(posts, clusterPictures(posts, maxDistance));
  const sameText = groupBy(posts, (post) => (post.text === '' ? undefined : post.text));
  const names = [...splits.keys()];
  const counts = names.flatMap((split, index) =>
    names.slice(0, index + 1).map((other) => ({
      split,
      other,
      samePicture: countTwins(samePicture, split, other),
      similarPicture: countTwins(similarPicture, split, other),
      sameText: countTwins(sameText, split, other),
    })),
  );
  // A group of similar pictures is news only if not all of them are the same.
  const similarOnly = similarPicture.filter((group) => new Set(group.map(({ picture }) => picture?.sha256)).size > 1);
  return {
    counts,
    groups: [
      ...samePicture.map((group): TwinGroup => ({ kind: 'same_picture', posts: group.map(refer) })),
      ...similarOnly.map((group): TwinGroup => ({ kind: 'similar_picture', posts: group.map(refer) })),
      ...sameText.map((group): TwinGroup => ({ kind: 'same_text', posts: group.map(refer) })),
    ],
    contradictions: findContradictions(posts),
  };
}

function toPost(split: string, sample: Sample, pictures: ReadonlyMap<string, PictureFacts | PictureFailure>): Post {
  const facts = sample.imagePath === undefined ? undefined : pictures.get(sample.imagePath);
  const picture = facts === undefined || 'failure' in facts ? undefined : facts;
  const text = sample.text.toLowerCase().replace(/https?:\/\/\S+/g, ' ').replace(/\s+/g, ' ').trim();
  return { split, id: sample.id, labels: JSON.stringify(sample.labels), text, picture };
}

const refer = ({ split, id }: Post): PostReference => ({ split, id });

/** Groups of at least two. */
function groupBy(posts: readonly Post[], keyOf: (post: Post) => string | number | undefined): Post[][] {
  const groups = new Map<string | number, Post[]>();
  for (const post of posts) {
    const key = keyOf(post);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [post]);
    else group.push(post);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Posts of `split` in groups that also hold another post of `other`. */
function countTwins(groups: readonly (readonly Post[])[], split: string, other: string): number {
  let count = 0;
  for (const group of groups) {
    const own = group.filter((post) => post.split === split).length;
    const others = split === other ? own - 1 : group.filter((post) => post.split === other).length;
    if (others > 0) count += own;
  }
  return count;
}

/** Numbers pictures so that those that look alike, directly or through others between, have the same number. */
function clusterPictures(posts: readonly Post[], maxDistance: number): (post: Post) => number | undefined {
  const contents = new Map<string, PerceptualHash | undefined>();
  for (const { picture } of posts) if (picture !== undefined) contents.set(picture.sha256, picture.hash);
  const numbers = new Map([...contents.keys()].map((sha256, index) => [sha256, index]));
  const parents = [...numbers.values()];
  const rootOf = (start: number): number => {
    let root = start;
    while (parents[root] !== root) root = parents[root] ?? root;
    parents[start] = root;
    return root;
  };
  const hashed = [...contents].filter((entry): entry is [string, PerceptualHash] => entry[1] !== undefined);
  // Equal hashes need no comparing, and many of them in one bucket would be compared each with each.
  const firstOf = new Map<string, number>();
  const distinct: { number: number; hash: PerceptualHash }[] = [];
  for (const [sha256, hash] of hashed) {
    const number = numbers.get(sha256) ?? 0;
    const key = hash.join();
    const first = firstOf.get(key);
    if (first !== undefined) parents[rootOf(number)] = rootOf(first);
    else {
      firstOf.set(key, number);
      distinct.push({ number, hash });
    }
  }
  findNearPairs(distinct.map(({ hash }) => hash), maxDistance, (first, second) => {
    parents[rootOf(distinct[second]?.number ?? 0)] = rootOf(distinct[first]?.number ?? 0);
  });
  return ({ picture }) => (picture === undefined ? undefined : rootOf(numbers.get(picture.sha256) ?? 0));
}

function findContradictions(posts: readonly Post[]): PostReference[][] {
  const same = groupBy(posts, (post) => (post.picture === undefined ? undefined : JSON.stringify([post.picture.sha256, post.text])));
  return same.filter((group) => new Set(group.map(({ labels }) => labels)).size > 1).map((group) => group.map(refer));
}
