import type { LabelSet, Prediction } from '@mmhs/core';
import { multilabelReport } from '@mmhs/metrics';

import { invalidJsonRate, type Evaluation } from './artifacts.ts';
import type { Decision, DecisionRule } from './decision.ts';
import type { Predictor } from './predict.ts';
import type { PreparedPost } from './prepare-posts.ts';
import type { ProgressReporter } from './progress.ts';
import type { TrainingEngine } from './training-engine.ts';

/** An evaluated split: the numbers, and the answers behind them in the order of the posts. */
export interface EvaluatedSplit {
  readonly evaluation: Evaluation;
  readonly predictions: readonly Prediction[];
}

/** Labels a split, by free generation unless told otherwise, and measures the answers; with an engine, also the loss on the gold answers. */
export async function evaluateSplit(options: {
  readonly name: string;
  readonly posts: readonly PreparedPost[];
  readonly predictor: Predictor;
  readonly engine?: TrainingEngine | undefined;
  readonly labelSet: LabelSet;
  readonly rule?: DecisionRule | undefined;
  readonly scores?: boolean | undefined;
  readonly decision?: Decision | undefined;
  readonly zeroDivision: 0 | 1;
  readonly batchSize: number;
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}): Promise<EvaluatedSplit> {
  const { name, posts, predictor, engine, labelSet, rule, scores, decision, zeroDivision, batchSize, progress, signal } = options;
  const started = performance.now();
  progress.start({ name: `evaluate ${name}`, total: posts.length });
  const predictions = await predictor.predict({
    posts, rule, scores, decision, onProgress: (done) => progress.update({ done }), signal,
  });
  const loss = engine && (await meanLoss(engine, posts, batchSize, signal));
  progress.stop();
  const report = multilabelReport({
    gold: posts.map(({ sample }) => sample.labels),
    predicted: predictions.map(({ labels }) => labels),
    labels: labelSet,
    zeroDivision,
  });
  return {
    predictions,
    evaluation: {
      report,
      invalidJsonRate: invalidJsonRate(predictions),
      loss,
      seconds: (performance.now() - started) / 1000,
      samples: posts.length,
      batches: Math.ceil(posts.length / batchSize),
    },
  };
}

/** Mean cross-entropy over the label tokens of all posts. */
async function meanLoss(
  engine: TrainingEngine, posts: readonly PreparedPost[], batchSize: number, signal?: AbortSignal,
): Promise<number> {
  let sum = 0;
  let labelTokens = 0;
  const byLength = posts.toSorted((a, b) => b.encoded.inputIds.length - a.encoded.inputIds.length);
  for (let start = 0; start < byLength.length; start += batchSize) {
    const result = await engine.run({
      posts: byLength.slice(start, start + batchSize), lossScale: 1, gradients: 'none', dropoutSeed: [0], signal,
    });
    sum += result.loss;
    labelTokens += result.labelTokens;
  }
  return sum / labelTokens;
}
