import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError, type ImageSizeOptions, type LabelSet, type Prediction, type Sample, type VlmFamily } from '@mmhs/core';
import { loadAdapter, parseLoraConfig } from '@mmhs/lora';
import { checkFingerprint, type PromptRecord, type UserTextStyle } from '@mmhs/prompts';
import type { Device } from '@mmhs/runtime';

import { setValues, trainedSpecs, withoutDropout } from './adapter-setup.ts';
import { chooseFamily } from './config-family.ts';
import { evaluateSplit, type EvaluatedSplit } from './evaluation.ts';
import { createFeatureStore } from './feature-store.ts';
import { createImageLoader } from './image-loader.ts';
import { openModel, type OpenedModel } from './open-model.ts';
import { createPredictor } from './predict.ts';
import { preparePosts } from './prepare-posts.ts';
import type { ProgressReporter } from './progress.ts';
import { readPromptRecord } from './run-checkpoints.ts';

/** A trained adapter on its model, ready to label posts with the prompt it was trained with. */
export interface Labeller {
  readonly labelSet: LabelSet;
  /** Labels posts; the gold labels in them are not looked at. */
  label(options: {
    readonly samples: readonly Sample[];
    readonly signal?: AbortSignal | undefined;
  }): Promise<Prediction[]>;
  /** Labels a split and measures the answers against its gold labels. */
  evaluate(options: {
    readonly name: string;
    readonly samples: readonly Sample[];
    readonly zeroDivision: 0 | 1;
    readonly progress: ProgressReporter;
    readonly signal?: AbortSignal | undefined;
  }): Promise<EvaluatedSplit>;
  close(): Promise<void>;
}

/** Options of {@link openLabeller}. */
export interface OpenLabellerOptions {
  /** Folder with the adapter and the `prompt.json` that training wrote beside it. */
  readonly adapterFolder: string;
  /** Checkpoint folder; null for the one the adapter names. */
  readonly modelFolder: string | null;
  readonly families: readonly VlmFamily[];
  readonly device: Device;
  /** 0 for one a core. */
  readonly threads: number;
  readonly batchSize: number;
  /** Longest answer in tokens. */
  readonly maxNewTokens: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens an adapter folder with its model.
 *
 * @throws MmhsError `MMHS_PROMPT_RECORD` when the folder does not say which prompt it was trained with, `MMHS_PROMPT_MISMATCH`
 * when the model's chat template is another than in training, and whatever opening the model and the adapter throws.
 */
export async function openLabeller(options: OpenLabellerOptions): Promise<Labeller> {
  const { adapterFolder, families, device, threads, signal } = options;
  const record = await readPromptRecord(adapterFolder);
  const folder = options.modelFolder ?? (await readBaseModel(adapterFolder));
  const family = await chooseFamily({ families, name: 'auto', modelId: folder });
  const opened = await openModel({ folder, family, imageSize: imageSizeOf(record), device, threads, signal });
  try {
    checkFingerprint({
      stored: record,
      current: {
        prompt: { ...record, userText: record.userText as UserTextStyle },
        context: { ...record.context, family: family.name, chatTemplate: opened.chatTemplate },
      },
      where: join(adapterFolder, 'prompt.json'),
    });
    return await createLabeller(options, opened, record);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function createLabeller(options: OpenLabellerOptions, opened: OpenedModel, record: PromptRecord): Promise<Labeller> {
  const { adapterFolder, batchSize, maxNewTokens } = options;
  const { runtime, model, processor, tokenizer, weights } = opened;
  const { labelSet } = record;
  const adapter = await loadAdapter({ folder: adapterFolder, ...model });
  const trainable = withoutDropout(adapter.trainable);
  const parameters = await runtime.createParameters({ specs: trainedSpecs(model, trainable) });
  setValues(parameters, adapter.parameters);
  const images = createImageLoader({ processor });
  const vision = await runtime.createSession({ graph: model.visionGraph({ trainable }), weights, parameters });
  const features = createFeatureStore({ vision, model, images, cache: { identity: opened.featureIdentity } });
  const predictor = createPredictor({
    runtime, model, weights, parameters, trainable, features, tokenizer, labelSet, batchSize, maxNewTokens,
  });
  const maxTokens = Number(record.context['maxTokens']);
  const prepare = (samples: readonly Sample[], signal?: AbortSignal) =>
    preparePosts({
      samples, processor, images, signal, prompt: record, ...(Number.isInteger(maxTokens) && maxTokens > 0 ? { maxTokens } : {}),
    });
  return {
    labelSet,
    label: async ({ samples, signal }) => {
      const unlabelled = samples.map((sample) => ({ ...sample, labels: [] }));
      return predictor.predict({ posts: await prepare(unlabelled, signal), signal });
    },
    evaluate: async ({ samples, signal, ...rest }) =>
      evaluateSplit({ ...rest, posts: await prepare(samples, signal), predictor, labelSet, batchSize, signal }),
    close: () => opened.close(),
  };
}

/** The picture size that training recorded. */
function imageSizeOf(record: PromptRecord): ImageSizeOptions {
  return JSON.parse(record.context['imageSize'] ?? '{}') as ImageSizeOptions;
}

async function readBaseModel(adapterFolder: string): Promise<string> {
  const where = join(adapterFolder, 'adapter_config.json');
  const { config } = parseLoraConfig({ json: JSON.parse(await readFile(where, 'utf8')) as unknown, where });
  if (config.base_model_name_or_path !== null) return config.base_model_name_or_path;
  throw new MmhsError('MMHS_MODEL_NOT_FOUND', 'The adapter does not name its model', { where, fix: 'pass --model_id' });
}
