/**
 * Most pairs of tokens in a batch, for each attention head: 64 MiB in float32, and a few times as much while a layer is computed.
 * Eight posts of 1448 tokens still fit.
 */
const mostPairs = 2 ** 24;

/**
 * How many posts fit into a batch. Attention looks at all pairs of tokens, so a batch of long posts takes memory with the square of
 * their length.
 *
 * @param longest tokens of the longest post of the batch
 * @param batchSize most posts
 * @returns at least 1, at most `batchSize`.
 */
export function fittingBatch(longest: number, batchSize: number): number {
  return Math.max(1, Math.min(batchSize, Math.floor(mostPairs / longest ** 2)));
}
