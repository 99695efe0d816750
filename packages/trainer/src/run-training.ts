import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';

import type { VlmFamily, VlmModel } from '@mmhs/core';
import { buildPrompt, recordPrompt } from '@mmhs/prompts';
import type { ParameterStore } from '@mmhs/runtime';

import { chooseTargets, setValues, startingParameters, type TrainingTargets } from './adapter-setup.ts';
import { evaluationMetrics, writeJsonFile, writeLabelMap, writeMetricsFile, writeResolvedConfig, type Evaluation } from './artifacts.ts';
import type { TrainingConfig } from './config.ts';
import { createEarlyStopping, type EarlyStopping } from './early-stopping.ts';
import { evaluateSplit, type EvaluatedSplit } from './evaluation.ts';
import { createFeatureStore } from './feature-store.ts';
import { createImageLoader, type ImageLoader } from './image-loader.ts';
import { openModel, type OpenedModel } from './open-model.ts';
import { createAdamW, type AdamW } from './optimizer.ts';
import { createPredictor, type Predictor } from './predict.ts';
import { preparePosts, type PreparedPost } from './prepare-posts.ts';
import type { ProgressReporter } from './progress.ts';
import { checkSameRun, createRunCheckpoints, type RestoredRun, type RunCheckpoints, type RunPosition } from './run-checkpoints.ts';
import { checkRunImages, loadRunSamples, type RunSamples, type SplitName } from './run-data.ts';
import { describeRun } from './run-plan-table.ts';
import { openRunRecorder, type RunRecorder } from './run-recorder.ts';
import { createSchedule, warmupUpdates } from './schedule.ts';
import { trainLoop, type UpdateReport } from './train-loop.ts';
import { createTrainingEngine, type TrainingEngine } from './training-engine.ts';
import { planUpdates, type UpdatePlan } from './update-plan.ts';

/** What a training run needs from its caller. */
export interface RunTrainingOptions {
  readonly config: TrainingConfig;
  readonly family: VlmFamily;
  readonly progress: ProgressReporter;
  /** Versions to be written into the resolved configuration, by name. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** What a training run leaves behind. */
export interface TrainingResult {
  /** Folder of the run. */
  readonly folder: string;
  /** Folder of the adapter (or of all trained tensors). */
  readonly adapterFolder: string;
  /** Step whose tensors were kept. */
  readonly bestStep: number | null;
  readonly evaluations: Readonly<Partial<Record<SplitName, Evaluation>>>;
}

/**
 * Trains, evaluates and writes `runs/<experiment>`: the whole job behind the `trainer` app.
 *
 * Interrupted through `signal` it saves a checkpoint first and then throws the signal's reason; `config.resume` continues
 * from the last whole checkpoint, and the result is the uninterrupted run's, bit for bit.
 */
export async function runTraining(options: RunTrainingOptions): Promise<TrainingResult> {
  const { config, family, signal } = options;
  const opened = await openModel({
    folder: config.model_id ?? family.defaultModelId,
    family,
    imageSize: imageSizeOf(config),
    device: config.device,
    threads: config.threads,
    signal,
  });
  try {
    return await new TrainingRun(options, opened).run();
  } finally {
    await opened.close();
  }
}

/** The picture size settings of a configuration. */
export function imageSizeOf(config: Pick<TrainingConfig, 'longest_edge' | 'min_pixels' | 'max_pixels'>) {
  return {
    ...(config.longest_edge === null ? {} : { longestEdge: config.longest_edge }),
    ...(config.min_pixels === null ? {} : { minPixels: config.min_pixels }),
    ...(config.max_pixels === null ? {} : { maxPixels: config.max_pixels }),
  };
}

/** Everything a run holds once its data and sessions are ready. */
interface RunParts {
  readonly posts: Readonly<Record<SplitName, readonly PreparedPost[]>>;
  readonly plan: UpdatePlan;
  readonly parameters: ParameterStore;
  readonly engine: TrainingEngine;
  readonly predictor: Predictor;
  readonly checkpoints: RunCheckpoints;
  readonly restored: RestoredRun | undefined;
}

/** State of one run; the methods are its phases in order. */
class TrainingRun {
  private readonly options: RunTrainingOptions;
  private readonly opened: OpenedModel;
  private readonly folder: string;
  private readonly targets: TrainingTargets;
  private optimizer!: AdamW;
  private recorder!: RunRecorder;
  private best!: EarlyStopping;
  private stopping!: EarlyStopping;
  private lastReport: UpdateReport | undefined;
  private pending = false;

  constructor(options: RunTrainingOptions, opened: OpenedModel) {
    this.options = options;
    this.opened = opened;
    this.targets = chooseTargets({ config: options.config, family: options.family, model: opened.model });
    this.folder = options.config.out_dir ?? join('runs', `${options.family.name}_lora`);
  }

  async run(): Promise<TrainingResult> {
    const { config, progress, versions = {} } = this.options;
    const parts = await this.prepare();
    for (const line of describeRun({ ...this.opened, trainable: this.targets.trainable, posts: parts.posts.train, plan: parts.plan })) {
      progress.note(line);
    }
    const nothing: TrainingResult = { folder: this.folder, adapterFolder: '', bestStep: null, evaluations: {} };
    if (config.dry_run) return nothing;
    await writeResolvedConfig({ folder: this.folder, config: { ...config, out_dir: this.folder }, versions });
    await writeLabelMap({ folder: this.folder, labelSet: config.class_names });
    await this.start(parts);
    try {
      await this.train(parts);
      return await this.finish(parts);
    } finally {
      await this.recorder.close();
    }
  }

  /** Reads data and pictures, opens sessions and finds the checkpoint to continue from. */
  private async prepare(): Promise<RunParts> {
    const { config, progress, signal } = this.options;
    const { runtime, model, processor, weights } = this.opened;
    const prompt = buildPrompt({ labelSet: config.class_names, preset: config.prompt_preset });
    const loaded = await loadRunSamples({ config, progress, signal });
    const checked = await checkRunImages({
      samples: loaded, images: createImageLoader({ processor, memoryBytes: 0 }), onBadImage: config.on_bad_image, progress, signal,
    });
    const images = createImageLoader({ processor, blankImages: checked.blankImages });
    const posts = await this.encode(checked.samples, prompt, images);
    const parameters = await startingParameters({
      runtime, model, targets: this.targets, folder: config.model_id ?? '', seed: config.seed,
    });
    const { trainable } = this.targets;
    const towerTrained = isTowerTrained(this.targets, model);
    const features = createFeatureStore({
      vision: await runtime.createSession({ graph: model.visionGraph({ trainable }), weights, parameters }),
      model,
      images,
      cache: this.featureCache(towerTrained),
    });
    const shared = { runtime, model, weights, parameters, trainable };
    return {
      posts,
      parameters,
      plan: planUpdates({
        lengths: posts.train.map(({ encoded }) => (config.group_by_length ? encoded.inputIds.length : 0)),
        batchSize: config.per_device_train_batch_size,
        accumulationSteps: config.gradient_accumulation_steps,
        epochs: config.num_train_epochs,
        maxSteps: config.max_steps ?? undefined,
        seed: config.seed,
      }),
      engine: createTrainingEngine({
        ...shared, images, features: towerTrained ? undefined : features, sharedPrefix: config.shared_prefix,
      }),
      predictor: createPredictor({
        ...shared, features, tokenizer: this.opened.tokenizer, labelSet: config.class_names,
        batchSize: config.per_device_eval_batch_size, maxNewTokens: config.max_new_tokens,
      }),
      ...(await this.openCheckpoints(parameters, prompt)),
    };
  }

  private featureCache(towerTrained: boolean) {
    const { config } = this.options;
    const bytes = config.feature_cache_gb * 2 ** 30;
    const identity = this.opened.featureIdentity;
    if (towerTrained || config.feature_cache === 'off') return { memoryBytes: 0, identity };
    if (config.feature_cache === 'memory') return { memoryBytes: bytes, identity };
    return { memoryBytes: Math.min(bytes, 2 ** 30), folder: join(this.folder, 'features'), diskBytes: bytes, identity };
  }

  private async encode(
    samples: RunSamples, prompt: ReturnType<typeof buildPrompt>, images: ImageLoader,
  ): Promise<RunParts['posts']> {
    const { config, progress, signal } = this.options;
    const encodeSplit = async (name: SplitName): Promise<PreparedPost[]> => {
      progress.start({ name: `read ${name}`, total: samples[name].length });
      const prepared = await preparePosts({
        samples: samples[name], processor: this.opened.processor, prompt, images,
        maxTokens: config.max_length ?? undefined, onProgress: (done) => progress.update({ done }), signal,
      });
      progress.stop();
      return prepared;
    };
    return { train: await encodeSplit('train'), val: await encodeSplit('val'), test: await encodeSplit('test') };
  }

  private async openCheckpoints(parameters: ParameterStore, prompt: ReturnType<typeof buildPrompt>) {
    const { config, family, progress } = this.options;
    const checkpoints = createRunCheckpoints({
      runFolder: this.folder,
      limit: config.save_total_limit ?? undefined,
      model: this.opened.model,
      targets: this.targets,
      parameters,
      optimizer: () => this.optimizer,
      recorder: () => this.recorder,
      prompt: recordPrompt({
        prompt,
        context: {
          family: family.name,
          chatTemplate: this.opened.chatTemplate,
          imageSize: JSON.stringify(imageSizeOf(config)),
          maxTokens: String(config.max_length),
        },
      }),
    });
    const restored = config.resume ? await checkpoints.restore((message) => progress.note(message)) : undefined;
    if (config.resume && restored === undefined) progress.note(`No checkpoint in ${this.folder}: starting from the beginning`);
    return { checkpoints, restored };
  }

  /** Makes optimiser, logs and early stopping, fresh or as the checkpoint has them. */
  private async start({ parameters, plan, restored }: RunParts): Promise<void> {
    const { config, progress } = this.options;
    const position = restored?.position;
    if (restored !== undefined) {
      checkSameRun(restored, this.fingerprint());
      setValues(parameters, restored.parameters);
      this.pending = restored.position.pending;
      progress.note(`Continuing ${basename(restored.folder)}`);
    }
    this.optimizer = createAdamW({
      parameters: parameters.values,
      settings: {
        beta1: config.adam_beta1, beta2: config.adam_beta2, epsilon: config.adam_epsilon, weightDecay: config.weight_decay,
      },
      ...(restored === undefined ? {} : { state: restored.optimizer }),
    });
    this.recorder = await openRunRecorder({
      folder: this.folder,
      loggingSteps: config.logging_steps,
      totalUpdates: plan.totalUpdates,
      resumed: restored && { step: restored.position.step, history: restored.history, window: restored.position.window },
    });
    this.best = createEarlyStopping({
      metric: config.metric_for_best_model, ...(position === undefined ? {} : { state: position.best }),
    });
    this.stopping = createEarlyStopping({
      metric: config.early_stopping_metric, patience: config.patience,
      ...(position === undefined ? {} : { state: position.stopping }),
    });
  }

  private async train(parts: RunParts): Promise<void> {
    const { config, progress, signal } = this.options;
    const { plan, restored } = parts;
    const startStep = restored?.position.step ?? 0;
    const finishStep = async (step: number, epoch: number): Promise<'continue' | 'stop'> => {
      this.pending = true;
      const verdict = await this.afterStep(parts, step, epoch);
      this.pending = false;
      return verdict;
    };
    let doneStep = startStep;
    try {
      if (restored?.position.stopped === true) return;
      if (this.pending && await finishStep(startStep, startStep / plan.updatesPerEpoch) === 'stop') return;
      this.showTraining(startStep, plan);
      await trainLoop({
        ...parts,
        posts: parts.posts.train,
        seed: config.seed,
        startStep,
        optimizer: this.optimizer,
        maxGradientNorm: config.max_grad_norm > 0 ? config.max_grad_norm : undefined,
        learningRate: createSchedule({
          name: config.lr_scheduler_type,
          learningRate: config.learning_rate,
          totalUpdates: plan.totalUpdates,
          warmupUpdates: config.warmup_steps
            ?? warmupUpdates({ warmup: config.warmup_ratio, totalUpdates: plan.totalUpdates }),
        }),
        afterUpdate: async (report) => {
          doneStep = report.step;
          this.lastReport = report;
          progress.update({
            done: report.step, loss: report.loss, learningRate: report.learningRate,
            samplesPerSecond: report.samples / report.seconds,
          });
          await this.recorder.update(report);
          return finishStep(report.step, report.epoch);
        },
        signal,
      });
      progress.stop();
    } catch (error) {
      progress.stop();
      if (signal?.aborted === true && doneStep > 0) {
        await parts.checkpoints.save(this.position(doneStep), doneStep / plan.updatesPerEpoch);
        progress.note(`Interrupted: saved checkpoint-${doneStep}; continue with --resume`);
      }
      throw error;
    }
  }

  private showTraining(done: number, plan: UpdatePlan): void {
    this.options.progress.start({ name: 'train', total: plan.totalUpdates, done });
  }

  /** Evaluates and saves where the configuration says so; 'stop' when the metric has stopped improving. */
  private async afterStep(parts: RunParts, step: number, epoch: number): Promise<'continue' | 'stop'> {
    const { config, progress } = this.options;
    const { plan } = parts;
    const last = step === plan.totalUpdates;
    const epochEnds = step % plan.updatesPerEpoch === 0;
    const evaluates = parts.posts.val.length > 0 && config.eval_strategy !== 'no'
      && (last || (config.eval_strategy === 'steps' ? step % config.eval_steps === 0 : epochEnds));
    const saves = last || evaluates || (config.save_steps === null
      ? config.eval_strategy === 'no' && epochEnds
      : step % config.save_steps === 0);
    let verdict: 'continue' | 'stop' = 'continue';
    if (evaluates) {
      const { evaluation } = await this.evaluate(parts, 'val');
      await this.recorder.evaluation({ step, epoch, evaluation });
      const metrics = evaluationMetrics(evaluation);
      const { isBest } = this.best.update({ step, metrics });
      const { shouldStop } = this.stopping.update({ step, metrics });
      progress.note(`step ${step}: ${formatMetrics(metrics)}${isBest ? ' (best so far)' : ''}`);
      if (shouldStop) {
        progress.note(`Stopping early: ${config.early_stopping_metric} has not improved for ${config.patience} evaluations`);
        verdict = 'stop';
      }
    }
    if (saves || verdict === 'stop') {
      this.pending = false;
      await parts.checkpoints.save(this.position(step, verdict === 'stop'), epoch);
    }
    if (evaluates && !last && verdict === 'continue') this.showTraining(step, plan);
    return verdict;
  }

  private position(step: number, stopped = false): RunPosition {
    return {
      step,
      pending: this.pending,
      stopped,
      best: this.best.state(),
      stopping: this.stopping.state(),
      window: this.recorder.window,
      fingerprint: this.fingerprint(),
    };
  }

  /** Hash of the settings that decide every number of the run. */
  private fingerprint(): string {
    const { config } = this.options;
    const { resume, progress, out_dir, dry_run, logging_steps, feature_cache, feature_cache_gb, ...deciding } = config;
    void [resume, progress, out_dir, dry_run, logging_steps, feature_cache, feature_cache_gb];
    return createHash('sha256').update(JSON.stringify({ deciding, weights: this.opened.featureIdentity })).digest('hex');
  }

  private evaluate(parts: RunParts, split: 'val' | 'test'): Promise<EvaluatedSplit> {
    const { config, progress, signal } = this.options;
    return evaluateSplit({
      name: split, posts: parts.posts[split], predictor: parts.predictor, engine: parts.engine,
      labelSet: config.class_names, zeroDivision: config.zero_division, batchSize: config.per_device_eval_batch_size,
      progress, signal,
    });
  }

  /** Goes back to the best checkpoint, evaluates it on every split and writes the results. */
  private async finish(parts: RunParts): Promise<TrainingResult> {
    const { config } = this.options;
    const { bestStep } = this.best.state();
    if (config.load_best_model_at_end && bestStep !== null) {
      setValues(parts.parameters, await parts.checkpoints.readParameters(join(this.folder, `checkpoint-${bestStep}`)));
    }
    const adapterFolder = join(this.folder, this.targets.lora === undefined ? 'trained_weights' : 'lora_adapter');
    await parts.checkpoints.writeResult(adapterFolder);
    const evaluations: Partial<Record<SplitName, Evaluation>> = {};
    for (const split of ['val', 'test'] as const) {
      if (parts.posts[split].length === 0) continue;
      const { evaluation, predictions } = await this.evaluate(parts, split);
      evaluations[split] = evaluation;
      await writeMetricsFile({ folder: this.folder, split, evaluation, epoch: this.lastReport?.epoch ?? 0 });
      if (config.save_eval_predictions) {
        await writeJsonFile({ path: join(this.folder, `${split}_predictions.json`), contents: predictions });
      }
    }
    await writeJsonFile({
      path: join(this.folder, 'trainer_state.json'),
      contents: { global_step: this.lastReport?.step, best_global_step: bestStep, log_history: this.recorder.history },
    });
    return { folder: this.folder, adapterFolder, bestStep, evaluations };
  }
}

/** Whether image features change while training, so that they cannot be cached. */
function isTowerTrained({ trainable }: TrainingTargets, model: VlmModel): boolean {
  const parts = new Map(model.linears.map(({ path, part }) => [path, part]));
  const isTower = (path: string): boolean => ['vision', 'connector'].includes(parts.get(path) ?? 'language');
  const towerTensors = new Set(model.visionGraph({ trainable: { adapters: new Map(), full: new Set() } }).weights.map(({ name }) => name));
  return [...trainable.adapters.keys()].some(isTower) || [...trainable.full].some((name) => towerTensors.has(name));
}

/** The few numbers worth a line after each evaluation. */
function formatMetrics(metrics: Readonly<Record<string, number>>): string {
  const shown = ['loss', 'f1_micro', 'f1_macro', 'subset_accuracy', 'invalid_json_rate'];
  return shown.flatMap((name) => (metrics[name] === undefined ? [] : [`${name} ${metrics[name].toFixed(4)}`])).join(', ');
}
