import { join } from 'node:path';
import { clipGradients, createAdamW, createSchedule, warmupUpdates } from '@mmhs/trainer';
import type { z } from 'zod';

import { adaptModel, countLabelTokens, floats, packPosts, trainingGraphOf, type AdaptedModel } from '../adapted-model.ts';
import { relativeError, tensorError, tolerances, worstOf } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import { pickPosts, type GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { runSchema, trainSchema, type TrainingRun } from '../schemas.ts';
import { loadPeftAdapter } from './adapters.ts';
import { prefixTitle, prefixVariants } from './forward.ts';

type TrainingSettings = z.infer<typeof trainSchema>;

/** Trains as the reference did: losses, learning rates and gradient norms of each update, and the final adapter. */
export async function checkTraining(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  const settings = await readJson(under.path('train.json'), trainSchema);
  for (const [name, value] of Object.entries(settings)) {
    if (!isRun(value)) continue;
    const run = runSchema.parse(value);
    for (const sharedPrefix of prefixVariants(`${under.name} train ${name}`, posts, reporter)) {
      const line = `${under.name} train ${name}, ${prefixTitle(sharedPrefix)}`;
      await reporter.group(line, async () => {
        const adapter = await loadPeftAdapter(under, under.path(run.init));
        const adapted = await adaptModel({ under, adapter });
        const updates = await train({ under, adapted, posts, settings, run, sharedPrefix });
        compareUpdates(line, updates, run, reporter);
        await compareFinal({ line, under, adapted, run, reporter });
        adapted.release();
      });
    }
  }
}

/** The settings that all runs share stand beside the runs. */
function isRun(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'updates' in value;
}

interface Update {
  readonly microLosses: readonly number[];
  readonly learningRate: number;
  readonly gradientNorm: number;
  readonly labelTokens: number;
}

/** The updates of a run, by the packages' own schedule, clipping and optimiser. */
async function train(options: {
  readonly under: ModelUnderTest;
  readonly adapted: AdaptedModel;
  readonly posts: readonly GoldenPost[];
  readonly settings: TrainingSettings;
  readonly run: TrainingRun;
  readonly sharedPrefix: boolean;
}): Promise<Update[]> {
  const { adapted, settings, run } = options;
  const { parameters } = adapted;
  if (parameters === undefined) throw new Error('there is nothing to train');
  const session = await adapted.createSession(trainingGraphOf({ ...options, gradients: true }));
  const schedule = createSchedule({
    name: run.schedule,
    learningRate: run.learning_rate,
    totalUpdates: run.updates_total,
    warmupUpdates: warmupUpdates({ warmup: run.warmup_ratio, totalUpdates: run.updates_total }),
  });
  const optimizer = createAdamW({
    parameters: parameters.values,
    settings: { beta1: settings.betas[0], beta2: settings.betas[1], epsilon: settings.eps, weightDecay: settings.weight_decay },
  });
  const updates: Update[] = [];
  for (const [index, { micro_batches }] of run.updates.entries()) {
    const batches = micro_batches.map((indices) => pickPosts(options.posts, indices));
    const labelTokens = countLabelTokens(batches.flat());
    const microLosses: number[] = [];
    for (const [place, posts] of batches.entries()) {
      const { feeds } = await packPosts({ ...options, posts, lossScale: 1 / labelTokens });
      const { loss } = await session.run({ feeds, outputs: ['loss'], gradients: place === 0 ? 'write' : 'add' });
      microLosses.push(floats(loss).data[0] ?? NaN);
    }
    const clip = clipGradients({ gradients: parameters.gradients.values(), maxNorm: settings.max_grad_norm });
    const learningRate = schedule(index);
    await optimizer.update({ gradients: parameters.gradients, learningRate, gradientScale: clip.scale });
    parameters.markChanged();
    updates.push({ microLosses, learningRate, gradientNorm: clip.norm, labelTokens });
  }
  await session.release();
  return updates;
}

function compareUpdates(line: string, updates: readonly Update[], run: TrainingRun, reporter: Reporter): void {
  const { trajectory } = tolerances;
  const worst = (what: string, tolerance: number, error: (update: Update, expected: TrainingRun['updates'][number]) => number): void => {
    const found = worstOf(run.updates.map((expected, index) => {
      const update = updates[index];
      return [`step ${expected.step}`, update === undefined ? NaN : error(update, expected)] as const;
    }));
    reporter.measure(`${line}: ${what}`, { error: found.error, tolerance, note: `worst of ${run.updates.length} updates, ${found.name}` });
  };
  reporter.exact(`${line}: warm-up steps`, warmupUpdates({ warmup: run.warmup_ratio, totalUpdates: run.updates_total }), run.warmup_steps);
  reporter.exact(`${line}: label tokens`, updates.map((update) => update.labelTokens), run.updates.map((update) => update.label_tokens));
  worst('learning rate', trajectory.learningRate, (update, expected) => relativeError(update.learningRate, expected.learning_rate));
  worst('micro losses', trajectory.loss, (update, expected) => tensorError(update.microLosses, expected.micro_losses));
  worst('loss', trajectory.loss, (update, expected) =>
    relativeError(update.microLosses.reduce((sum, loss) => sum + loss, 0), expected.loss));
  worst('gradient norm', trajectory.gradientNorm, (update, expected) => relativeError(update.gradientNorm, expected.grad_norm));
}

async function compareFinal(options: {
  readonly line: string;
  readonly under: ModelUnderTest;
  readonly adapted: AdaptedModel;
  readonly run: TrainingRun;
  readonly reporter: Reporter;
}): Promise<void> {
  const { line, under, adapted, run, reporter } = options;
  const final = await loadPeftAdapter(under, join(under.path(run.final)));
  const { name, error } = worstOf([...final.parameters].map(
    ([parameter, { data }]) => [parameter, tensorError(adapted.parameters?.values.get(parameter) ?? [], data)] as const));
  const note = `worst of ${final.parameters.size} tensors, ${name}`;
  reporter.measure(`${line}: final tensors`, { error, tolerance: tolerances.trajectory.finalTensors, note });
}
