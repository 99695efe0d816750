/**
 * How annotators' votes become labels: those that anybody gave, more than half, or all of them. `soft` decides like `any`
 * and keeps the share of votes beside.
 */
export type VotePolicy = 'any' | 'majority' | 'unanimous' | 'soft';

/**
 * Classes that a post belongs to, ascending.
 *
 * @param votes one class per annotator; 0 is "none of them".
 * @internal
 */
export function decideClasses(votes: readonly number[], policy: VotePolicy): number[] {
  const counts = new Map<number, number>();
  for (const vote of votes) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  const needed = { any: 1, soft: 1, majority: Math.floor(votes.length / 2) + 1, unanimous: votes.length }[policy];
  return [...counts]
    .filter(([vote, count]) => vote !== 0 && count >= needed)
    .map(([vote]) => vote)
    .sort((a, b) => a - b);
}

/** Share of votes for each class from 1 to `classes`. @internal */
export function voteShares(votes: readonly number[], classes: number): number[] {
  return Array.from({ length: classes }, (_, index) => votes.filter((vote) => vote === index + 1).length / votes.length);
}
