import { createRandom, MmhsError } from '@mmhs/core';

/** How tokens are drawn; without it the likeliest is taken. */
export interface Sampling {
  /** Divides the logits: below 1 the draw is more cautious, above 1 bolder. @default 1 */
  readonly temperature?: number;
  /** Only the likeliest tokens that together have this probability compete. @default 1 */
  readonly topP?: number;
  /** Same seed, same draws. Each post draws by itself, so that its answer does not depend on its batch. @default 0 */
  readonly seed?: number;
}

/** A token that was chosen. */
export interface ChosenToken {
  readonly id: number;
  /** By how much its logit exceeded the best other one's; negative when a draw passed over a better one. */
  readonly margin: number;
}

/** Chooses a token by its row of logits. */
export type TokenChooser = (logits: Float32Array) => ChosenToken;

/**
 * Makes the chooser of one sequence. The first of equal logits counts as better.
 *
 * @throws MmhsError `MMHS_SAMPLING` for a temperature that is not positive or a `topP` outside (0, 1].
 */
export function createTokenChooser(sampling: Sampling | undefined): TokenChooser {
  if (sampling === undefined) return chooseBest;
  const { temperature = 1, topP = 1, seed = 0 } = sampling;
  if (!(temperature > 0 && temperature < Infinity)) throw samplingError('temperature', temperature, 'a positive number');
  if (!(topP > 0 && topP <= 1)) throw samplingError('topP', topP, 'a number above 0, at most 1');
  const random = createRandom(seed);
  return (logits) => draw({ logits, temperature, topP, at: random.next() });
}

function chooseBest(logits: Float32Array): ChosenToken {
  let id = 0;
  let best = -Infinity;
  let second = -Infinity;
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] as number;
    if (logit > best) {
      second = best;
      best = logit;
      id = i;
    } else if (logit > second) {
      second = logit;
    }
  }
  return { id, margin: best - second };
}

/** Draws from the nucleus (Holtzman et al. 2020, https://arxiv.org/abs/1904.09751): the fewest likeliest tokens that reach `topP`. */
function draw(options: {
  readonly logits: Float32Array;
  readonly temperature: number;
  readonly topP: number;
  /** Where in [0, 1) the draw falls. */
  readonly at: number;
}): ChosenToken {
  const { logits, temperature, topP, at } = options;
  const best = chooseBest(logits);
  const top = logits[best.id] as number;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const nucleus = topP === 1 ? [...weights.keys()] : nucleusOf(weights, topP * total);
  const mass = nucleus.reduce((sum, id) => sum + (weights[id] as number), 0);
  let rest = at * mass;
  const id = nucleus.find((candidate) => (rest -= weights[candidate] as number) < 0) ?? best.id;
  return { id, margin: id === best.id ? best.margin : (logits[id] as number) - top };
}

function nucleusOf(weights: Float64Array, mass: number): number[] {
  const order = Uint32Array.from(weights.keys()).sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  let sum = 0;
  const last = order.findIndex((id) => (sum += weights[id] as number) >= mass);
  return [...order.subarray(0, last === -1 ? order.length : last + 1)];
}

function samplingError(where: string, got: number, expected: string): MmhsError {
  return new MmhsError('MMHS_SAMPLING', 'The sampling settings are not usable', { where, got: String(got), expected });
}
