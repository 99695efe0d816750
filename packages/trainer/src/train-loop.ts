import { MmhsError } from '@mmhs/core';
import type { ParameterStore } from '@mmhs/runtime';

import { clipGradients } from './clip.ts';
import type { AdamW } from './optimizer.ts';
import type { PreparedPost } from './prepare-posts.ts';
import type { TrainingEngine } from './training-engine.ts';
import type { UpdatePlan } from './update-plan.ts';

/** What one optimiser update did. */
export interface UpdateReport {
  /** Updates done so far, this one included. */
  readonly step: number;
  /** Passes over the data so far. */
  readonly epoch: number;
  /** Mean cross-entropy over the label tokens of the update. */
  readonly loss: number;
  /** Norm of all gradients before clipping. */
  readonly gradientNorm: number;
  /** Learning rate used in this update. */
  readonly learningRate: number;
  readonly samples: number;
  readonly labelTokens: number;
  /** Packed rows that went through the model. */
  readonly tokens: number;
  readonly seconds: number;
}

/** The parts of the loop that the caller chooses. */
export interface TrainLoopOptions {
  readonly engine: TrainingEngine;
  readonly parameters: ParameterStore;
  readonly posts: readonly PreparedPost[];
  readonly plan: UpdatePlan;
  /** Seed of the dropout masks. */
  readonly seed: number;
  /** 0-based step to begin with; above 0 when resuming. */
  readonly startStep: number;
  /** Learning rate of a 0-based step. */
  readonly learningRate: (step: number) => number;
  readonly optimizer: AdamW;
  /** Largest allowed norm of all gradients; undefined for none. */
  readonly maxGradientNorm: number | undefined;
  /** Called after each update; answering 'stop' ends the run. */
  readonly afterUpdate: (report: UpdateReport) => Promise<'continue' | 'stop'>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs optimiser updates: learning rate, micro-batches, clipping, AdamW step, hook.
 *
 * The loss is normalised by the label tokens of the whole update, however many micro-batches it has, so that a post
 * counts the same in every batch.
 */
export async function trainLoop(options: TrainLoopOptions): Promise<void> {
  const { plan, signal } = options;
  for (let step = options.startStep; step < plan.totalUpdates; step++) {
    signal?.throwIfAborted();
    if (await options.afterUpdate(await runUpdate(options, step)) === 'stop') return;
  }
}

async function runUpdate(options: TrainLoopOptions, step: number): Promise<UpdateReport> {
  const { engine, parameters, plan, signal } = options;
  const started = performance.now();
  const { microBatches } = plan.update(step);
  const batches = microBatches.map((indices) => indices.map((index) => options.posts[index] as PreparedPost));
  const labelTokens = batches.flat().reduce((sum, { encoded }) => sum + encoded.inputIds.length - encoded.promptLength, 0);
  let loss = 0;
  let tokens = 0;
  for (const [index, posts] of batches.entries()) {
    const result = await engine.run({
      posts,
      lossScale: 1 / labelTokens,
      gradients: index === 0 ? 'write' : 'add',
      dropoutSeed: [options.seed, step, index],
      signal,
    });
    loss += result.loss;
    tokens += result.tokens;
  }
  const clip = clipGradients({ gradients: parameters.gradients.values(), maxNorm: options.maxGradientNorm });
  if (!Number.isFinite(loss) || !Number.isFinite(clip.norm)) throw diverged(step, loss, clip.norm);
  const learningRate = options.learningRate(step);
  await options.optimizer.update({ gradients: parameters.gradients, learningRate, gradientScale: clip.scale });
  parameters.markChanged();
  return {
    step: step + 1,
    epoch: (step + 1) / plan.updatesPerEpoch,
    loss,
    gradientNorm: clip.norm,
    learningRate,
    samples: batches.flat().length,
    labelTokens,
    tokens,
    seconds: (performance.now() - started) / 1000,
  };
}

function diverged(step: number, loss: number, norm: number): MmhsError {
  return new MmhsError('MMHS_TRAINER_DIVERGED', 'The training diverged; nothing was updated', {
    where: `step ${step + 1}`,
    got: `loss ${loss}, gradient norm ${norm}`,
    expected: 'finite numbers',
    fix: 'lower --learning_rate or --max_grad_norm, and check the labels',
  });
}
