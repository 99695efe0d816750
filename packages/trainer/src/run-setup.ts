import { join } from 'node:path';

import { MmhsError, type PromptContent, type VlmFamily } from '@mmhs/core';
import { buildPrompt, recordPrompt, type PromptRecord } from '@mmhs/prompts';
import type { ParameterStore } from '@mmhs/runtime';

import { startingParameters, withoutDropout, type TrainingTargets } from './adapter-setup.ts';
import { createAnswerLanguage } from './answer-language.ts';
import type { TrainingConfig } from './config.ts';
import { isTowerTrained, languagePrecision } from './base-precision.ts';
import { createFeatureStore, type FeatureCacheOptions } from './feature-store.ts';
import { createImageLoader, type ImageLoader } from './image-loader.ts';
import { featureIdentity, type OpenedModel } from './open-model.ts';
import { createPredictor, type Predictor } from './predict.ts';
import { preparePosts, type PreparedPost } from './prepare-posts.ts';
import type { ProgressReporter } from './progress.ts';
import { checkRunImages, loadRunSamples, type RunSamples, type SplitName } from './run-data.ts';
import { createTrainingEngine, type TrainingEngine } from './training-engine.ts';
import { planUpdates, type UpdatePlan } from './update-plan.ts';
import { createVisionSession } from './vision-session.ts';

/** What the setup of a run works with. */
export interface RunSetup {
  readonly config: TrainingConfig;
  readonly family: VlmFamily;
  readonly opened: OpenedModel;
  readonly targets: TrainingTargets;
  /** Folder of the run. */
  readonly folder: string;
  readonly progress: ProgressReporter;
  readonly signal?: AbortSignal | undefined;
}

/** Everything a run works with once its data are read and its sessions open. */
export interface RunParts {
  readonly posts: Readonly<Record<SplitName, readonly PreparedPost[]>>;
  readonly plan: UpdatePlan;
  readonly parameters: ParameterStore;
  readonly engine: TrainingEngine;
  readonly predictor: Predictor;
  /** The prompt, to be kept beside the adapter. */
  readonly prompt: PromptRecord;
}

/** Reads data and pictures, plans the updates, and opens the sessions. */
export async function setUpRun(setup: RunSetup): Promise<RunParts> {
  const { config, opened, targets } = setup;
  const prompt = buildPrompt({ labelSet: config.class_names, preset: config.prompt_preset });
  const { posts, images } = await readPosts(setup, prompt);
  const parameters = await startingParameters({
    runtime: opened.runtime, model: opened.model, targets, folder: opened.folder, seed: config.seed,
  });
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
    ...(await openSessions(setup, parameters, images, prompt)),
    prompt: recordPrompt({
      prompt,
      context: {
        family: setup.family.name,
        chatTemplate: opened.chatTemplate,
        imageSize: JSON.stringify(imageSizeOf(config)),
        maxTokens: String(config.max_length),
      },
    }),
  };
}

/** The picture size settings of a configuration. */
export function imageSizeOf(config: Pick<TrainingConfig, 'longest_edge' | 'min_pixels' | 'max_pixels'>) {
  return {
    ...(config.longest_edge === null ? {} : { longestEdge: config.longest_edge }),
    ...(config.min_pixels === null ? {} : { minPixels: config.min_pixels }),
    ...(config.max_pixels === null ? {} : { maxPixels: config.max_pixels }),
  };
}

async function readPosts(setup: RunSetup, prompt: ReturnType<typeof buildPrompt>) {
  const { config, opened, progress, signal } = setup;
  const { processor } = opened;
  const { samples, blankImages } = await checkRunImages({
    samples: await loadRunSamples({ config, progress, signal }),
    images: createImageLoader({ processor, memoryBytes: 0 }),
    onBadImage: config.on_bad_image,
    progress,
    signal,
  });
  if (samples.train.length === 0) throw noTrainingPosts(config);
  const images = createImageLoader({ processor, blankImages });
  return { images, posts: await encodePosts(setup, samples, prompt, images) };
}

async function encodePosts(
  { config, opened, progress, signal }: RunSetup,
  samples: RunSamples,
  prompt: ReturnType<typeof buildPrompt>,
  images: ImageLoader,
): Promise<RunParts['posts']> {
  const encode = async (name: SplitName): Promise<PreparedPost[]> => {
    progress.start({ name: `read ${name}`, total: samples[name].length });
    const prepared = await preparePosts({
      samples: samples[name], processor: opened.processor, prompt, images,
      maxTokens: config.max_length ?? undefined, onProgress: (done) => progress.update({ done }), signal,
    });
    progress.stop();
    return prepared;
  };
  return { train: await encode('train'), val: await encode('val'), test: await encode('test') };
}

async function openSessions(
  setup: RunSetup, parameters: ParameterStore, images: ImageLoader, prompt: PromptContent,
): Promise<Pick<RunParts, 'engine' | 'predictor'>> {
  const { config, opened, targets } = setup;
  const { runtime, model, weights, tokenizer, processor } = opened;
  const { trainable } = targets;
  const still = withoutDropout(trainable);
  const towerTrained = isTowerTrained(targets, model);
  const features = createFeatureStore({
    vision: await createVisionSession({ runtime, model, weights, parameters, trainable: still, precision: config.vision_products }),
    model,
    images,
    cache: featureCache(setup, towerTrained),
  });
  return {
    engine: createTrainingEngine({
      runtime, model, weights, parameters, trainable, images,
      features: towerTrained ? undefined : features, sharedPrefix: config.shared_prefix,
      gradientCheckpointing: config.gradient_checkpointing, precision: languagePrecision(config),
    }),
    predictor: createPredictor({
      runtime, model, weights, parameters, trainable: still, features, tokenizer,
      language: createAnswerLanguage({ processor, model, prompt }),
      batchSize: config.per_device_eval_batch_size, maxNewTokens: config.max_new_tokens, precision: languagePrecision(config),
    }),
  };
}

function featureCache({ config, opened, folder }: RunSetup, towerTrained: boolean): FeatureCacheOptions {
  const bytes = config.feature_cache_gb * 2 ** 30;
  const identity = featureIdentity(opened, config.vision_products);
  if (towerTrained || config.feature_cache === 'off') return { memoryBytes: 0, identity };
  if (config.feature_cache === 'memory') return { memoryBytes: bytes, identity };
  return { memoryBytes: Math.min(bytes, 2 ** 30), folder: join(folder, 'features'), diskBytes: bytes, identity };
}

function noTrainingPosts({ train_csv, on_bad_row, on_bad_image }: TrainingConfig): MmhsError {
  return new MmhsError('MMHS_DATA_EMPTY', 'There is no post to learn from', {
    where: train_csv,
    got: `no usable row with --on_bad_row ${on_bad_row} and --on_bad_image ${on_bad_image}`,
    expected: 'at least one post',
  });
}
