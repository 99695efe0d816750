import { MetricsError } from './errors.ts';
import { checkBinary, type BinaryScores } from './score-matrix.ts';

/** Turns a raw score into a probability. */
export type Calibrator = (score: number) => number;

// Newton's method gains digits quadratically; it ends long before.
const mostSteps = 100;
const smallestStep = 1e-12;

/**
 * Fits Platt scaling for one label: probability = 1 / (1 + exp(-(slope x score + intercept))).
 *
 * The targets are smoothed as Platt (1999) proposes, so that separable data give finite parameters; solved by Newton's
 * method with halved steps (Lin, Lin and Weng 2007).
 *
 * @throws MetricsError `MMHS_METRICS_VALUE` when all rows are positive or all negative.
 */
export function fitPlatt(input: BinaryScores): { readonly slope: number; readonly intercept: number; readonly apply: Calibrator } {
  const { gold, scores } = input;
  const weights = checkedWeights(input);
  const [positives, negatives] = classWeights(gold, weights);
  const targets = Array.from({ length: gold.length }, (_, row) =>
    gold[row] === 1 ? (positives + 1) / (positives + 2) : 1 / (negatives + 2),
  );
  let parameters = { slope: 0, intercept: Math.log((positives + 1) / (negatives + 1)) };
  const loss = ({ slope, intercept }: typeof parameters): number =>
    total(gold.length, (row) => weights(row) * crossEntropy(targets[row]!, slope * scores[row]! + intercept));

  for (let step = 0; step < mostSteps; step += 1) {
    const direction = plattStep(scores, targets, weights, parameters);
    const start = loss(parameters);
    let scale = 1;
    let next = parameters;
    while (scale >= smallestStep) {
      next = {
        slope: parameters.slope - scale * direction.slope,
        intercept: parameters.intercept - scale * direction.intercept,
      };
      if (loss(next) <= start) break;
      scale /= 2;
    }
    const moved = Math.abs(next.slope - parameters.slope) + Math.abs(next.intercept - parameters.intercept);
    if (scale < smallestStep) break;
    parameters = next;
    if (moved < smallestStep) break;
  }
  const { slope, intercept } = parameters;
  return { slope, intercept, apply: (score) => sigmoid(slope * score + intercept) };
}

function plattStep(
  scores: ArrayLike<number>,
  targets: readonly number[],
  weights: (row: number) => number,
  { slope, intercept }: { slope: number; intercept: number },
): { slope: number; intercept: number } {
  let [gradientSlope, gradientIntercept] = [0, 0];
  // A little on the diagonal keeps the system solvable when all scores are equal.
  let [slopeSlope, slopeIntercept, interceptIntercept] = [1e-12, 0, 1e-12];
  targets.forEach((target, row) => {
    const score = scores[row]!;
    const probability = sigmoid(slope * score + intercept);
    const error = weights(row) * (probability - target);
    const curvature = weights(row) * probability * (1 - probability);
    gradientSlope += error * score;
    gradientIntercept += error;
    slopeSlope += curvature * score * score;
    slopeIntercept += curvature * score;
    interceptIntercept += curvature;
  });
  const determinant = slopeSlope * interceptIntercept - slopeIntercept ** 2;
  return {
    slope: (interceptIntercept * gradientSlope - slopeIntercept * gradientIntercept) / determinant,
    intercept: (slopeSlope * gradientIntercept - slopeIntercept * gradientSlope) / determinant,
  };
}

/**
 * Fits one temperature for logits: probability = 1 / (1 + exp(-logit / temperature)), of least log loss.
 *
 * Above 1 it makes probabilities less extreme; the ranking stays. Guo et al. 2017, arXiv 1706.04599.
 *
 * @throws MetricsError `MMHS_METRICS_VALUE` when no positive finite temperature is best: logits that are always right,
 * or no better than chance.
 */
export function fitTemperature(input: BinaryScores): { readonly temperature: number; readonly apply: Calibrator } {
  const { gold, scores } = input;
  const weights = checkedWeights(input);
  // The loss is convex in 1 / temperature: its slope changes sign once.
  const slope = (inverse: number): number =>
    total(gold.length, (row) => weights(row) * (sigmoid(inverse * scores[row]!) - gold[row]!) * scores[row]!);
  let [low, high] = [1e-6, 1e6];
  if (!(slope(low) < 0 && slope(high) > 0)) {
    throw new MetricsError('MMHS_METRICS_VALUE', 'No temperature fits these logits', {
      where: 'scores',
      got: slope(low) >= 0 ? 'logits that rank no better than chance' : 'logits that are never on the wrong side of 0',
    });
  }
  while (high / low > 1 + smallestStep) {
    const middle = Math.sqrt(low * high);
    if (middle === low || middle === high) break;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  const temperature = 1 / Math.sqrt(low * high);
  return { temperature, apply: (logit) => sigmoid(logit / temperature) };
}

/**
 * Fits the non-decreasing step function of least squared error (pool adjacent violators).
 *
 * Between the scores it was fitted on it interpolates; beyond them it is constant. As scikit-learn's
 * `IsotonicRegression` with `out_of_bounds='clip'`. Needs many rows to be trusted.
 */
export function fitIsotonic(input: BinaryScores): { readonly apply: Calibrator } {
  checkBinary(input);
  const weights = weightOf(input);
  const points = poolEqualScores(input, weights);
  const blocks: { weight: number; mean: number; first: number; last: number }[] = [];
  for (const point of points) {
    let block = { weight: point.weight, mean: point.mean, first: point.score, last: point.score };
    for (let previous = blocks.at(-1); previous !== undefined && previous.mean >= block.mean; previous = blocks.at(-1)) {
      const weight = previous.weight + block.weight;
      const mean = (previous.mean * previous.weight + block.mean * block.weight) / weight;
      block = { weight, mean, first: previous.first, last: block.last };
      blocks.pop();
    }
    blocks.push(block);
  }
  const knots = blocks.flatMap(({ first, last, mean }) =>
    first === last ? [{ score: first, mean }] : [{ score: first, mean }, { score: last, mean }],
  );
  return { apply: (score) => interpolate(knots, score) };
}

interface Knot {
  readonly score: number;
  readonly mean: number;
}

function poolEqualScores({ gold, scores }: BinaryScores, weights: (row: number) => number): (Knot & { weight: number })[] {
  const pooled = new Map<number, { weight: number; positives: number }>();
  for (let row = 0; row < gold.length; row += 1) {
    if (weights(row) === 0) continue;
    const entry = pooled.get(scores[row]!) ?? { weight: 0, positives: 0 };
    entry.weight += weights(row);
    entry.positives += weights(row) * gold[row]!;
    pooled.set(scores[row]!, entry);
  }
  return [...pooled]
    .sort(([left], [right]) => left - right)
    .map(([score, { weight, positives }]) => ({ score, weight, mean: positives / weight }));
}

function interpolate(knots: readonly Knot[], score: number): number {
  let [low, high] = [0, knots.length - 1];
  if (score <= knots[low]!.score) return knots[low]!.mean;
  if (score >= knots[high]!.score) return knots[high]!.mean;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (knots[middle]!.score <= score) low = middle;
    else high = middle;
  }
  const [left, right] = [knots[low]!, knots[high]!];
  return left.mean + ((right.mean - left.mean) * (score - left.score)) / (right.score - left.score);
}

function checkedWeights(input: BinaryScores): (row: number) => number {
  checkBinary(input);
  const weights = weightOf(input);
  const [positives, negatives] = classWeights(input.gold, weights);
  if (positives > 0 && negatives > 0) return weights;
  throw new MetricsError('MMHS_METRICS_VALUE', 'Both positive and negative rows are needed to calibrate', {
    where: 'gold',
    got: positives > 0 ? 'positive rows only' : 'negative rows only',
  });
}

function weightOf({ sampleWeight }: BinaryScores): (row: number) => number {
  return sampleWeight === undefined ? () => 1 : (row) => sampleWeight[row]!;
}

function classWeights(gold: ArrayLike<number>, weights: (row: number) => number): [positives: number, negatives: number] {
  const positives = total(gold.length, (row) => weights(row) * gold[row]!);
  return [positives, total(gold.length, weights) - positives];
}

function total(rows: number, value: (row: number) => number): number {
  let result = 0;
  for (let row = 0; row < rows; row += 1) result += value(row);
  return result;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Cross-entropy of a sigmoid's argument, without overflow. */
function crossEntropy(target: number, logit: number): number {
  return Math.max(logit, 0) - target * logit + Math.log1p(Math.exp(-Math.abs(logit)));
}
