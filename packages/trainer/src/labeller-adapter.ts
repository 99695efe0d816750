import { MmhsError, type LabelSet, type Sample } from '@mmhs/core';
import type { PromptRecord } from '@mmhs/prompts';

import { createAnswerLanguage } from './answer-language.ts';
import { readDecision } from './decision-file.ts';
import { plainDecision, type Decision } from './decision.ts';
import { evaluateSplit } from './evaluation.ts';
import type { createTowers } from './labeller-tower.ts';
import { openAdaptedWeights } from './labeller-weights.ts';
import type { DescribedPrompt, Labeller, LabellerOptions, PostToLabel } from './labeller.ts';
import type { OpenedModel } from './open-model.ts';
import { labellerPrecision, readPrecision } from './precision-record.ts';
import { createPredictor } from './predict.ts';
import { preparePosts, promptOf, type PreparedPost } from './prepare-posts.ts';

/** Puts one adapter on an opened model. */
export async function openAdapter(options: LabellerOptions & {
  readonly adapterFolder: string;
  readonly opened: OpenedModel;
  readonly record: PromptRecord;
  readonly towerOf: ReturnType<typeof createTowers>;
  /** Whether other adapters share the model. */
  readonly hasCompany: boolean;
  /** Called when the labeller is closed. */
  readonly release: () => Promise<void>;
}): Promise<Labeller> {
  const { adapterFolder, opened, record, batchSize, maxNewTokens } = options;
  const { runtime, model, processor, tokenizer } = opened;
  const { labelSet } = record;
  const adapted = await openAdaptedWeights({ opened, adapterFolder, merge: options.merge ?? false, signal: options.signal });
  const { trainable, parameters, weights } = adapted;
  const precision = labellerPrecision(await readPrecision(adapterFolder), options);
  const tower = await options.towerOf(adapted, precision.vision);
  const { images, features } = tower;
  const predictor = createPredictor({
    runtime, model, weights, parameters, trainable, features, tokenizer, batchSize, maxNewTokens,
    precision: precision.language, weightBinding: options.hasCompany ? undefined : 'packed-if-small', exactUpTo: options.exactUpTo,
    language: createAnswerLanguage({ processor, model, prompt: record }),
  });
  const maxTokens = Number(record.context['maxTokens']);
  const withPrepared = async <Result>(
    samples: readonly PostToLabel[], signal: AbortSignal | undefined, use: (posts: PreparedPost[]) => Promise<Result>,
  ): Promise<Result> => {
    const paths = images.hold(samples);
    try {
      return await use(await preparePosts({
        samples: samples.map((post, index) => ({ ...toSample(post), imagePath: paths[index] })),
        processor, images, signal, prompt: record, maxPromptTokens: options.maxPromptTokens, ...(Number.isInteger(maxTokens) && maxTokens > 0 ? { maxTokens } : {}),
      }));
    } finally {
      images.letGo(samples);
    }
  };
  const decision = withThresholds(await readDecision({ folder: adapterFolder, labelSet }) ?? plainDecision(labelSet.length), labelSet, options.thresholds);
  const usualRule = options.rule ?? 'generate';
  return {
    adapterFolder,
    labelSet,
    thresholds: decision.thresholds,
    calibrated: decision.calibration !== undefined,
    label: ({ samples, rule = usualRule, scores, signal }) =>
      withPrepared(samples.map((sample) => ({ ...sample, labels: [] })), signal, (posts) =>
        predictor.predict({ posts, rule, scores, decision, signal })),
    evaluate: ({ samples, rule = usualRule, signal, ...rest }) =>
      withPrepared(samples, signal, (posts) => evaluateSplit({ ...rest, posts, rule, decision, predictor, labelSet, batchSize, signal })),
    prepareImage: (picture) => images.prepare(picture),
    describePrompt: (sample) => withPrepared([sample], undefined, async ([post]) => describe(post as PreparedPost, opened)),
    async close() {
      await predictor.release();
      await tower.release();
      adapted.release();
      await options.release();
    },
  };
}

function describe({ encoded, image }: PreparedPost, { tokenizer }: OpenedModel): DescribedPrompt {
  const { inputIds, sharedPrefixLength, truncatedTextTokens } = promptOf(encoded);
  return {
    text: tokenizer.decode([...inputIds], { keepSpecialTokens: true }),
    tokens: inputIds.length,
    sharedTokens: sharedPrefixLength,
    imageTokens: image?.featureRows ?? 0,
    truncatedTextTokens,
  };
}

/** Posts to be labelled have no gold labels; those of a split keep theirs. */
function toSample(post: PostToLabel & Partial<Sample>): Sample {
  return { imagePath: undefined, labels: [], source: post.id, ...post };
}

function withThresholds(decision: Decision, labelSet: LabelSet, given: Readonly<Record<string, number>> = {}): Decision {
  const unknown = Object.keys(given).find((label) => !labelSet.includes(label));
  if (unknown === undefined) {
    return { ...decision, thresholds: labelSet.map((label, index) => given[label] ?? (decision.thresholds[index] as number)) };
  }
  throw new MmhsError('MMHS_LABELLER_THRESHOLDS', 'There is a threshold for a label that the adapter does not know', {
    got: JSON.stringify(unknown), expected: `labels among ${JSON.stringify(labelSet)}`,
  });
}
