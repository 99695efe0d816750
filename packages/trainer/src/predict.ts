import type { FloatTensor, LabelSet, LinearPrecision, Prediction, Tokenizer, TrainableTensors, VlmModel } from '@mmhs/core';
import { writeLabels } from '@mmhs/prompts';
import {
  createDecoder, createLabelTrie, decodeLabels, generate, labelProbabilities, scoreLabels, type AnswerLanguage, type CheckpointHandle,
  type CreateDecoderOptions, type LabelProbabilities, type ParameterStore, type Runtime,
} from '@mmhs/runtime';

import { calibrate, needsScores, plainDecision, reachedLabels, type Decision, type DecisionRule } from './decision.ts';
import type { FeatureStore } from './feature-store.ts';
import { fittingBatch } from './fitting-batch.ts';
import { promptOf, type PreparedPost } from './prepare-posts.ts';
import { readAnswer } from './read-answer.ts';

/** Labels posts. */
export interface Predictor {
  /** Predictions in the order of the posts. */
  predict(options: {
    readonly posts: readonly PreparedPost[];
    /** @default 'generate' */
    readonly rule?: DecisionRule | undefined;
    /** Whether scores are wanted where the rule does without. @default false */
    readonly scores?: boolean | undefined;
    /** @default 0.5 for every label, no calibration */
    readonly decision?: Decision | undefined;
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Prediction[]>;
  release(): Promise<void>;
}

/** How a predictor is made. */
export interface CreatePredictorOptions {
  readonly runtime: Runtime;
  readonly model: VlmModel;
  readonly weights: CheckpointHandle | readonly CheckpointHandle[];
  readonly parameters: ParameterStore;
  readonly trainable: TrainableTensors;
  readonly features: FeatureStore;
  readonly tokenizer: Tokenizer;
  /** The canonical answers, as `createAnswerLanguage` gives them. */
  readonly language: AnswerLanguage;
  /** Most posts at the same time; fewer where they are long. */
  readonly batchSize: number;
  /** Longest freely generated answer in tokens. */
  readonly maxNewTokens: number;
  /** How the language model's products are computed. @default 'float32' */
  readonly precision?: LinearPrecision | undefined;
  /** How the language model gets its weights. @default as for a session */
  readonly weightBinding?: CreateDecoderOptions['weightBinding'];
  /**
   * Up to this many labels every label array is scored unless the likeliest have all but a millionth of the probability. With more,
   * a post that the model is unsure about would take long; predictions then say what is `missing`. @default 8, 256 arrays
   */
  readonly exactUpTo?: number | undefined;
}

/** 128 arrays: few of them are likely, as a rule. */
const searchFrom = 7;

/** What may be missing without a word: far below what float32 numbers are off by. */
const negligible = 1e-6;

/**
 * Creates a predictor that shares base weights and adapters with the other sessions of its runtime.
 *
 * @throws MmhsError `MMHS_LABEL_LANGUAGE` when two labels are the same to the tokenizer.
 */
export function createPredictor(options: CreatePredictorOptions): Predictor {
  const { runtime, model, weights, parameters, trainable, features, tokenizer, language, exactUpTo = 8 } = options;
  const { labelSet } = language;
  const decoder = createDecoder({ runtime, model, trainable, weights, parameters, precision: options.precision, weightBinding: options.weightBinding });
  const trie = createLabelTrie(language);
  const scoring = { trie, labelCount: labelSet.length, searchFrom, exactUpTo };

  const predictBatch = async (posts: readonly PreparedPost[], wish: BatchWish): Promise<Prediction[]> => {
    const { rule, signal } = wish;
    const batch = {
      decoder,
      posts: posts.map((post) => promptOf(post.encoded)),
      imageFeatures: await featuresOf(posts, features, signal),
      signal,
    };
    const scored = wish.scores
      ? (await scoreLabels({ ...batch, ...scoring })).map((each) => labelProbabilities(each, labelSet.length))
      : undefined;
    if (needsScores(rule)) return posts.map((post, index) => decideByScores(post, scored?.[index] as LabelProbabilities, labelSet, wish));
    const written = rule === 'generate'
      ? (await generate({ ...batch, maxNewTokens: options.maxNewTokens })).map((answer) => readAnswer({ answer, tokenizer, language }))
      : (await decodeLabels({ ...batch, trie })).answers.map(({ labels, tokens }) =>
        ({ labels: labels.map((label) => labelSet[label] as string), rawText: tokenizer.decode([...tokens]), valid: true }));
    return posts.map((post, index) => {
      const answer = written[index] as Omit<Prediction, 'id'>;
      return { id: post.sample.id, ...answer, ...scoreFields(scored?.[index], answer.labels, labelSet, wish.decision) };
    });
  };

  return {
    async predict({ posts, rule = 'generate', scores = false, decision = plainDecision(labelSet.length), onProgress, signal }) {
      const wish = { rule, decision, signal, scores: scores || needsScores(rule) };
      const byLength = posts.map((post, index) => ({ post, index }))
        .sort((a, b) => b.post.encoded.promptLength - a.post.encoded.promptLength);
      const predictions: Prediction[] = new Array<Prediction>(posts.length);
      for (let start = 0, batch: typeof byLength; start < byLength.length; start += batch.length) {
        signal?.throwIfAborted();
        const longest = byLength[start]?.post.encoded.promptLength ?? 0;
        batch = byLength.slice(start, start + fittingBatch(longest, options.batchSize));
        const answers = await predictBatch(batch.map(({ post }) => post), wish);
        batch.forEach(({ index }, place) => { predictions[index] = answers[place] as Prediction; });
        onProgress?.(Math.min(start + batch.length, posts.length), posts.length);
      }
      return predictions;
    },
    release: () => decoder.release(),
  };
}

interface BatchWish {
  readonly rule: DecisionRule;
  readonly scores: boolean;
  readonly decision: Decision;
  readonly signal: AbortSignal | undefined;
}

async function featuresOf(
  posts: readonly PreparedPost[], features: FeatureStore, signal?: AbortSignal,
): Promise<(FloatTensor | undefined)[]> {
  const images = posts.flatMap((post) => (post.image === undefined ? [] : [post.image]));
  const found = await features.get(images, { signal });
  let next = 0;
  return posts.map((post) => (post.image === undefined ? undefined : found[next++]));
}

/** Labels by their probabilities, or the likeliest array; the text is the canonical answer with these labels. */
function decideByScores(
  { sample }: PreparedPost, probabilities: LabelProbabilities, labelSet: LabelSet, { rule, decision }: BatchWish,
): Prediction {
  const scores = calibrate(probabilities.marginals, decision.calibration);
  const chosen = rule === 'array'
    ? probabilities.best
    : reachedLabels(scores, rule === 'marginals' ? labelSet.map(() => 0.5) : decision.thresholds);
  const labels = chosen.map((label) => labelSet[label] as string);
  return { id: sample.id, labels, rawText: writeLabels(labels, labelSet), valid: true, ...scoreFields(probabilities, labels, labelSet, decision) };
}

function scoreFields(
  probabilities: LabelProbabilities | undefined, labels: readonly string[], labelSet: LabelSet, decision: Decision,
): Pick<Prediction, 'scores' | 'probability' | 'missing'> {
  if (probabilities === undefined) return {};
  return {
    scores: calibrate(probabilities.marginals, decision.calibration),
    probability: probabilities.probabilityOf(labels.map((label) => labelSet.indexOf(label))),
    ...(probabilities.missing > negligible ? { missing: probabilities.missing } : {}),
  };
}
