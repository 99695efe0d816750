import { join } from 'node:path';

import type { ImageSizeOptions, LabelSet, LinearPrecision, Prediction, Sample, VlmFamily } from '@mmhs/core';
import { checkFingerprint, type PromptRecord, type UserTextStyle } from '@mmhs/prompts';
import type { Device } from '@mmhs/runtime';

import { chooseFamily } from './config-family.ts';
import type { DecisionRule } from './decision.ts';
import type { EvaluatedSplit } from './evaluation.ts';
import type { LoadedImage } from './image-loader.ts';
import { openAdapter } from './labeller-adapter.ts';
import type { PictureToPrepare } from './labeller-images.ts';
import { createTowers } from './labeller-tower.ts';
import { differentAdapters, findAdapterModel } from './labeller-model.ts';
import { openModel, type OpenedModel } from './open-model.ts';
import type { ProgressReporter } from './progress.ts';
import { readPromptRecord } from './run-checkpoints.ts';

/** A post as it comes in: a {@link Sample} without what only training needs. */
export interface PostToLabel {
  /** Comes back as the prediction's `id`. */
  readonly id: string;
  /** `''` when there is none. */
  readonly text: string;
  /** Path of the picture, if it is a file. */
  readonly imagePath?: string | undefined;
  /** The picture's encoded bytes (PNG, JPEG, ...), if it is not a file. */
  readonly imageBytes?: Uint8Array | undefined;
  /** The picture, if `prepareImage` has made it ready. */
  readonly image?: LoadedImage | undefined;
}

/** What the model is asked about one post. */
export interface DescribedPrompt {
  /** The prompt as text, special tokens and one token for each row of image features included. */
  readonly text: string;
  readonly tokens: number;
  /** Of these, the leading ones that every post shares. */
  readonly sharedTokens: number;
  readonly imageTokens: number;
  /** Text tokens cut from the middle of a post that was too long. */
  readonly truncatedTextTokens: number;
}

/** A trained adapter on its model, ready to label posts with the prompt it was trained with. */
export interface Labeller {
  readonly adapterFolder: string;
  readonly labelSet: LabelSet;
  /** Threshold of each label for the rule `thresholds`, in the label set's order: from the adapter's `decision.json`, else 0.5. */
  readonly thresholds: readonly number[];
  /** Whether scores are calibrated, as the adapter's `decision.json` says. */
  readonly calibrated: boolean;
  /**
   * Labels posts.
   *
   * @throws MmhsError of the decoder for a picture that cannot be used, `MMHS_PROMPT_TOO_LONG`; then no post is labelled.
   */
  label(options: {
    readonly samples: readonly PostToLabel[];
    /** @default the labeller's */
    readonly rule?: DecisionRule | undefined;
    /** Whether scores are wanted where the rule does without. @default false */
    readonly scores?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Prediction[]>;
  /** Labels a split and measures the answers against its gold labels. */
  evaluate(options: {
    readonly name: string;
    readonly samples: readonly Sample[];
    /** @default the labeller's */
    readonly rule?: DecisionRule | undefined;
    /** @default false */
    readonly scores?: boolean | undefined;
    readonly zeroDivision: 0 | 1;
    readonly progress: ProgressReporter;
    readonly signal?: AbortSignal | undefined;
  }): Promise<EvaluatedSplit>;
  /**
   * Decodes a picture and makes it ready for the model: plain data that can be handed through threads, for `PostToLabel.image`
   * of any labeller opened together with this one. So a picture can be checked long before its post's turn, and is decoded once.
   *
   * @throws MmhsError of the decoder for a picture that cannot be used.
   */
  prepareImage(picture: PictureToPrepare): Promise<LoadedImage>;
  /** The exact prompt for a post. Fails like `label` when the picture cannot be used, at little cost: the model is not run. */
  describePrompt(sample: PostToLabel): Promise<DescribedPrompt>;
  /** Gives this adapter's memory back; the model goes with the last labeller on it. */
  close(): Promise<void>;
}

/** Options that {@link openLabeller} and {@link openLabellers} share. */
export interface LabellerOptions {
  /** Checkpoint folder, or the name of a model on the Hub; null for the one the adapter names. */
  readonly modelId: string | null;
  readonly families: readonly VlmFamily[];
  readonly device: Device;
  /** 0 for one a core. */
  readonly threads: number;
  readonly batchSize: number;
  /**
   * Longest prompt in tokens, those of the picture not counted. A post with a longer one is refused with `MMHS_PROMPT_TOO_LONG`: memory
   * grows with the square of its length, so posts of strangers need a limit. @default none besides the length it was trained with
   */
  readonly maxPromptTokens?: number | undefined;
  /** Longest answer of the rule `generate`, in tokens. */
  readonly maxNewTokens: number;
  /** @default 'generate' */
  readonly rule?: DecisionRule | undefined;
  /** Whether the adapter is merged into a copy of the weights it changes: faster, and more memory. @default false */
  readonly merge?: boolean | undefined;
  /** How the language model's products are computed. @default as when the adapter was trained; float32 where it is merged */
  readonly precision?: LinearPrecision | undefined;
  /** How the vision tower's products are computed. @default as when the adapter was trained */
  readonly visionPrecision?: LinearPrecision | undefined;
  /**
   * Up to this many labels every label array is scored unless the likeliest have all but a millionth of the probability; with more,
   * the search for these may end sooner, and `missing` says what the others can have. @default 8, 256 arrays
   */
  readonly exactUpTo?: number | undefined;
  /** Threshold of each label by name, instead of the adapter's own. */
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link openLabeller}. */
export interface OpenLabellerOptions extends LabellerOptions {
  /** Folder with the adapter and the `prompt.json` that training wrote beside it. */
  readonly adapterFolder: string;
}

/** Opens an adapter folder with its model. Throws what {@link openLabellers} throws. */
export async function openLabeller({ adapterFolder, ...options }: OpenLabellerOptions): Promise<Labeller> {
  const [labeller] = await openLabellers({ ...options, adapterFolders: [adapterFolder] });
  return labeller as Labeller;
}

/**
 * Opens several adapters side by side on one copy of their model.
 *
 * @returns a labeller for each folder, in their order.
 * @throws MmhsError `MMHS_PROMPT_RECORD` when a folder does not say which prompt it was trained with, `MMHS_PROMPT_MISMATCH`
 * when the model's chat template is another than in training, `MMHS_LABELLER_ADAPTERS` when the adapters belong to different models
 * or picture sizes, `MMHS_LABELLER_PRECISION` when what they were trained with cannot be read, and whatever opening model and adapters
 * throws.
 */
export async function openLabellers(options: LabellerOptions & {
  readonly adapterFolders: readonly string[];
}): Promise<Labeller[]> {
  const { adapterFolders, families, device, threads, signal } = options;
  const records = await Promise.all(adapterFolders.map(async (folder) => ({ folder, record: await readPromptRecord(folder) })));
  const [first] = records;
  if (first === undefined) return [];
  checkSameImageSize(records);
  const folder = await findAdapterModel({ adapterFolders, modelId: options.modelId, signal });
  const family = await chooseFamily({ families, name: 'auto', folder });
  const opened = await openModel({ folder, family, imageSize: imageSizeOf(first.record), device, threads, signal });
  const towerOf = createTowers(opened);
  const labellers: Labeller[] = [];
  let users = adapterFolders.length;
  const release = async (): Promise<void> => {
    users -= 1;
    if (users === 0) await opened.close();
  };
  try {
    for (const { folder: adapterFolder, record } of records) {
      checkPrompt(record, opened, family.name, adapterFolder);
      labellers.push(await openAdapter({ ...options, adapterFolder, opened, record, towerOf, release, hasCompany: records.length > 1 }));
    }
    return labellers;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function checkPrompt(record: PromptRecord, opened: OpenedModel, family: string, adapterFolder: string): void {
  checkFingerprint({
    stored: record,
    current: {
      prompt: { ...record, userText: record.userText as UserTextStyle },
      context: { ...record.context, family, chatTemplate: opened.chatTemplate },
    },
    where: join(adapterFolder, 'prompt.json'),
  });
}

/** The picture size that training recorded. */
function imageSizeOf(record: PromptRecord): ImageSizeOptions {
  return JSON.parse(record.context['imageSize'] ?? '{}') as ImageSizeOptions;
}

function checkSameImageSize(records: readonly { readonly folder: string; readonly record: PromptRecord }[]): void {
  const sizeOf = ({ record }: (typeof records)[number]): string => record.context['imageSize'] ?? '{}';
  const [first, ...others] = records;
  const other = others.find((each) => sizeOf(each) !== sizeOf(first as (typeof records)[number]));
  if (first === undefined || other === undefined) return;
  throw differentAdapters(other.folder, `picture size ${sizeOf(other)}`, `${sizeOf(first)}, as in ${first.folder}`);
}
