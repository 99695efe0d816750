import { basename, join } from 'node:path';

import { setValues, type TrainingTargets } from './adapter-setup.ts';
import { evaluationMetrics, writeMetricsFile, type Evaluation } from './artifacts.ts';
import type { TrainingConfig } from './config.ts';
import { forgetRunDecision, tuneRunDecision } from './decision-run.ts';
import { createEarlyStopping, type EarlyStopping } from './early-stopping.ts';
import { evaluateSplit, type EvaluatedSplit } from './evaluation.ts';
import type { OpenedModel } from './open-model.ts';
import { createAdamW, type AdamW } from './optimizer.ts';
import { describeAnswers, writeAnswers } from './run-answers.ts';
import { workAfter } from './run-calendar.ts';
import { createRunCheckpoints, type RestoredRun, type RunCheckpoints, type RunPosition } from './run-checkpoints.ts';
import type { SplitName } from './run-data.ts';
import { checkSameRun, identifyRun, type RunIdentity } from './run-identity.ts';
import { openRunRecorder, type RunRecorder } from './run-recorder.ts';
import type { RunParts } from './run-setup.ts';
import type { RunTrainingOptions, TrainingResult } from './run-training.ts';
import { createSchedule, warmupUpdates, type Schedule } from './schedule.ts';
import { trainLoop, type UpdateReport } from './train-loop.ts';

interface StepEvaluation {
  readonly step: number;
  readonly result: EvaluatedSplit;
}

/** State of one run; the public methods are its phases in order: start, train, finish, close. */
export class TrainingRun {
  private readonly options: RunTrainingOptions & { readonly folder: string; readonly targets: TrainingTargets };
  private readonly parts: RunParts;
  private readonly identity: RunIdentity;
  private readonly checkpoints: RunCheckpoints;
  private optimizer!: AdamW;
  private recorder!: RunRecorder;
  /** Decides which checkpoint is best. */
  private best!: EarlyStopping;
  /** Decides when to stop. */
  private stopping!: EarlyStopping;
  /** Updates done. */
  private step = 0;
  /** Whether the work that follows the update `step` is still to be done. */
  private pending = false;
  /** Whether early stopping ended the training. */
  private stopped = false;
  /** The best and the latest evaluation of this process: at the end one of them need not be repeated. */
  private readonly evaluated: { best?: StepEvaluation; latest?: StepEvaluation } = {};

  constructor(options: RunTrainingOptions & {
    readonly parts: RunParts; readonly opened: OpenedModel; readonly targets: TrainingTargets; readonly folder: string;
  }) {
    const { config, parts, opened, targets, folder } = options;
    this.options = options;
    this.parts = parts;
    this.identity = identifyRun({ config, posts: parts.posts, weights: opened.featureIdentity });
    this.checkpoints = createRunCheckpoints({
      runFolder: folder,
      limit: config.save_total_limit ?? undefined,
      model: opened.model,
      targets,
      parameters: parts.parameters,
      optimizer: () => this.optimizer,
      recorder: () => this.recorder,
      prompt: parts.prompt,
      precision: { vision_products: config.vision_products, weights: config.load_in_4bit ? 'nf4' : 'float32' },
    });
  }

  /** Makes optimiser, logs and early stopping, fresh or as the last checkpoint has them. */
  async start(): Promise<void> {
    const { config, folder } = this.options;
    const restored = await this.restore();
    this.optimizer = createAdamW({
      parameters: this.parts.parameters.values,
      settings: {
        beta1: config.adam_beta1, beta2: config.adam_beta2, epsilon: config.adam_epsilon, weightDecay: config.weight_decay,
      },
      ...(restored === undefined ? {} : { state: restored.optimizer }),
    });
    this.best = createEarlyStopping({
      metric: config.metric_for_best_model, ...(restored === undefined ? {} : { state: restored.position.best }),
    });
    this.stopping = createEarlyStopping({
      metric: config.early_stopping_metric, patience: config.patience,
      ...(restored === undefined ? {} : { state: restored.position.stopping }),
    });
    this.recorder = await openRunRecorder({
      folder,
      loggingSteps: config.logging_steps,
      totalUpdates: this.parts.plan.totalUpdates,
      resumed: restored && { step: restored.position.step, history: restored.history, window: restored.position.window },
    });
  }

  /** Puts the run where its last checkpoint left it; undefined when it begins afresh. */
  private async restore(): Promise<RestoredRun | undefined> {
    const { config, folder, progress } = this.options;
    if (!config.resume) return undefined;
    const restored = await this.checkpoints.restore((message) => progress.note(message));
    if (restored === undefined) {
      progress.note(`No checkpoint in ${folder}: starting from the beginning`);
      return undefined;
    }
    const { position } = restored;
    checkSameRun({ saved: position.identity, current: this.identity, where: restored.folder });
    setValues(this.parts.parameters, restored.parameters);
    this.step = position.step;
    this.pending = position.pending;
    this.stopped = position.stopped;
    progress.note(`Continuing ${basename(restored.folder)}`);
    return restored;
  }

  /** Trains to the end, or until the metric stops improving; interrupted, saves a checkpoint. */
  async train(): Promise<void> {
    const { progress, signal } = this.options;
    try {
      if (this.pending) await this.finishUpdate();
      if (!this.stopped) await this.runUpdates();
    } catch (error) {
      if (signal?.aborted === true && this.step > 0) await this.saveInterrupted();
      throw error;
    } finally {
      progress.stop();
    }
  }

  private async runUpdates(): Promise<void> {
    const { config, signal } = this.options;
    const { engine, parameters, posts, plan } = this.parts;
    this.showTraining();
    await trainLoop({
      engine,
      parameters,
      plan,
      posts: posts.train,
      seed: config.seed,
      startStep: this.step,
      optimizer: this.optimizer,
      maxGradientNorm: config.max_grad_norm > 0 ? config.max_grad_norm : undefined,
      learningRate: scheduleOf(config, plan.totalUpdates),
      afterUpdate: (report) => this.afterUpdate(report),
      signal,
    });
  }

  private async afterUpdate(report: UpdateReport): Promise<'continue' | 'stop'> {
    this.step = report.step;
    this.pending = true;
    this.options.progress.update({
      done: report.step, loss: report.loss, learningRate: report.learningRate,
      samplesPerSecond: report.samples / report.seconds,
    });
    await this.recorder.update(report);
    await this.finishUpdate();
    return this.stopped ? 'stop' : 'continue';
  }

  /** Evaluates and saves where it is due. */
  private async finishUpdate(): Promise<void> {
    const { posts, plan } = this.parts;
    const { evaluates, saves, last } = workAfter({
      step: this.step, plan, canEvaluate: posts.val.length > 0, config: this.options.config,
    });
    if (evaluates) await this.evaluateAndJudge();
    this.pending = false;
    if (saves) await this.checkpoints.save(this.position(), this.epoch);
    if (evaluates && !last && !this.stopped) this.showTraining();
  }

  private async evaluateAndJudge(): Promise<void> {
    const { config, progress } = this.options;
    const { step, epoch } = this;
    const result = await this.evaluate('val');
    const { evaluation, predictions } = result;
    await this.recorder.evaluation({ step, epoch, evaluation });
    const metrics = evaluationMetrics(evaluation);
    const { isBest } = this.best.update({ step, metrics });
    this.evaluated.latest = { step, result };
    if (isBest) this.evaluated.best = { step, result };
    this.stopped = this.stopping.update({ step, metrics }).shouldStop;
    progress.note(`step ${step}: ${formatMetrics(metrics)}${isBest ? ' (best so far)' : ''}`);
    if (config.log_eval_predictions) {
      const answers = { posts: this.parts.posts.val, predictions, count: config.log_eval_n_examples };
      for (const line of describeAnswers(answers)) progress.note(line);
    }
    if (this.stopped) {
      progress.note(`Stopping early: ${config.early_stopping_metric} has not improved for ${config.patience} evaluations`);
    }
  }

  private async saveInterrupted(): Promise<void> {
    await this.checkpoints.save(this.position(), this.epoch);
    this.options.progress.note(`Interrupted: saved checkpoint-${this.step}; continue with --resume`);
  }

  private showTraining(): void {
    this.options.progress.start({ name: 'train', total: this.parts.plan.totalUpdates, done: this.step });
  }

  /** Passes over the data so far. */
  private get epoch(): number {
    return this.step / this.parts.plan.updatesPerEpoch;
  }

  private position(): RunPosition {
    return {
      step: this.step,
      pending: this.pending,
      stopped: this.stopped,
      best: this.best.state(),
      stopping: this.stopping.state(),
      window: this.recorder.window,
      identity: this.identity,
    };
  }

  private evaluate(split: 'val' | 'test'): Promise<EvaluatedSplit> {
    const { config, progress, signal } = this.options;
    const { posts, predictor, engine } = this.parts;
    return evaluateSplit({
      name: split, posts: posts[split], predictor, engine, labelSet: config.class_names,
      zeroDivision: config.zero_division, batchSize: config.per_device_eval_batch_size, progress, signal,
    });
  }

  /** Goes back to the best checkpoint, evaluates it on every split and writes the results. */
  async finish(): Promise<TrainingResult> {
    const { config, folder, targets } = this.options;
    const { posts, parameters } = this.parts;
    await this.checkpoints.writeState(folder, this.position(), this.epoch);
    const bestStep = config.load_best_model_at_end ? this.best.state().bestStep : null;
    if (bestStep !== null && bestStep !== this.step) {
      setValues(parameters, await this.checkpoints.readParameters(join(folder, `checkpoint-${bestStep}`)));
    }
    const adapterFolder = join(folder, targets.lora === undefined ? 'trained_weights' : 'lora_adapter');
    await this.checkpoints.writeResult(adapterFolder);
    await forgetRunDecision({ folder, adapterFolder });
    const evaluations: Partial<Record<SplitName, Evaluation>> = {};
    let generated: EvaluatedSplit['predictions'] | undefined;
    for (const split of ['val', 'test'] as const) {
      if (posts[split].length === 0) continue;
      const { evaluation, predictions } = this.known(split, bestStep ?? this.step) ?? await this.evaluate(split);
      evaluations[split] = evaluation;
      if (split === 'test') generated = predictions;
      await writeMetricsFile({ folder, split, evaluation, ...(split === 'val' ? { epoch: this.epoch } : {}) });
      if (config.save_eval_predictions) await writeAnswers({ folder, split, labelSet: config.class_names, posts: posts[split], predictions });
    }
    if (config.tune_thresholds) {
      await tuneRunDecision({
        ...this.options, adapterFolder, posts, generated, predictor: this.parts.predictor,
        labelSet: config.class_names, calibration: config.calibration, zeroDivision: config.zero_division,
      });
    }
    return { folder, adapterFolder, bestStep, evaluations };
  }

  /** What an evaluation at the step has measured already. */
  private known(split: 'val' | 'test', step: number): EvaluatedSplit | undefined {
    const { best, latest } = this.evaluated;
    return split === 'val' ? [best, latest].find((each) => each?.step === step)?.result : undefined;
  }

  /** Closes the logs. */
  async close(): Promise<void> {
    await this.recorder.close();
  }
}

function scheduleOf(config: TrainingConfig, totalUpdates: number): Schedule {
  return createSchedule({
    name: config.lr_scheduler_type,
    learningRate: config.learning_rate,
    totalUpdates,
    warmupUpdates: config.warmup_steps ?? warmupUpdates({ warmup: config.warmup_ratio, totalUpdates }),
  });
}

/** The few numbers worth a line after each evaluation. */
function formatMetrics(metrics: Readonly<Record<string, number>>): string {
  const shown = ['loss', 'f1_micro', 'f1_macro', 'subset_accuracy', 'invalid_json_rate'];
  return shown.flatMap((name) => (metrics[name] === undefined ? [] : [`${name} ${metrics[name].toFixed(4)}`])).join(', ');
}
