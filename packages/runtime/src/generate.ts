import { MmhsError, type EncodedPost, type FloatTensor, type Tensor, type VlmModel } from '@mmhs/core';
import { prefillFeeds, stepFeeds } from './decoding-feeds.ts';
import type { ResidentTensor, Session } from './session.ts';

/** What was generated for one post. */
export interface Generation {
  /** New token ids; the last one is the end token when the answer ended. */
  readonly ids: number[];
  /** Whether an end token came before the limit. */
  readonly ended: boolean;
  /** For each id, by how much its logit exceeded the second best: how firm the choice was. */
  readonly margins: number[];
}

/** Whom to ask, and for how much. */
export interface GenerateOptions {
  /** Session of `decodingGraph({ phase: 'prefill' })`. */
  readonly prefill: Session;
  /** Session of `decodingGraph({ phase: 'step' })`, of the same runtime. */
  readonly step: Session;
  readonly model: VlmModel;
  /** One batch; a target that a post holds is not looked at. */
  readonly posts: readonly EncodedPost[];
  /** Rows of the vision tower for each post, undefined for one without a picture. */
  readonly imageFeatures: readonly (FloatTensor | undefined)[];
  /** Longest answer in tokens, the end token included. */
  readonly maxNewTokens: number;
  readonly signal?: AbortSignal;
}

/**
 * Greedy decoding of a batch of posts with a key-value cache that stays in the worker. The first of equal logits wins. A
 * post's answer does not depend on its batch but for rounding.
 *
 * @returns one generation a post, in their order.
 * @throws MmhsError `MMHS_GENERATE_IMAGES`, those of {@link Session.run}, or the signal's reason.
 */
export async function generate(options: GenerateOptions): Promise<Generation[]> {
  const { prefill, step, model, posts, imageFeatures, maxNewTokens, signal } = options;
  if (posts.length !== imageFeatures.length) {
    throw new MmhsError('MMHS_GENERATE_IMAGES', 'There must be one entry of image features for each post', {
      got: String(imageFeatures.length),
      expected: String(posts.length),
    });
  }
  if (posts.length === 0 || maxNewTokens <= 0) return posts.map(() => ({ ids: [], ended: false, margins: [] }));
  const answers = posts.map(() => ({ ids: [] as number[], ended: false, margins: [] as number[] }));
  const endIds = new Set(model.endTokenIds);
  const { feeds, state } = prefillFeeds({ model, posts, imageFeatures });
  let cache = new Map<string, ResidentTensor>();
  const advance = async (session: Session, fed: Record<string, Tensor | ResidentTensor>): Promise<void> => {
    const outputs = await runKeepingCache(session, fed, signal);
    releaseAll(cache);
    cache = outputs.cache;
    extendAnswers(answers, outputs.logits, endIds);
  };
  try {
    await advance(prefill, onlyInputsOf(prefill, feeds));
    for (let count = 1; count < maxNewTokens && answers.some(({ ended }) => !ended); count += 1) {
      // A finished sample goes along with padding; rows do not see each other.
      const tokens = answers.map(({ ids, ended }) => (ended ? model.padTokenId : (ids.at(-1) as number)));
      const past = Object.fromEntries([...cache].map(([name, tensor]) => [name.replace(/^present/u, 'past'), tensor]));
      await advance(step, { ...stepFeeds({ model, state, tokens }), ...past });
    }
  } finally {
    releaseAll(cache);
  }
  return answers;
}

async function runKeepingCache(
  session: Session,
  feeds: Readonly<Record<string, Tensor | ResidentTensor>>,
  signal: AbortSignal | undefined,
): Promise<{ readonly logits: FloatTensor; readonly cache: Map<string, ResidentTensor> }> {
  const keep = session.graph.outputs.map(({ name }) => name).filter((name) => name.startsWith('present.'));
  const outputs = await session.run({ feeds, outputs: ['logits'], keep, ...(signal === undefined ? {} : { signal }) });
  const cache = new Map(keep.map((name) => [name, outputs[name] as ResidentTensor]));
  return { logits: outputs.logits as FloatTensor, cache };
}

/** A text-only prefill graph takes no image features. */
function onlyInputsOf(session: Session, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const names = new Set(session.graph.inputs.map(({ name }) => name));
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name)));
}

function extendAnswers(
  answers: { readonly ids: number[]; ended: boolean; readonly margins: number[] }[],
  logits: FloatTensor,
  endIds: ReadonlySet<number>,
): void {
  const vocabulary = logits.shape[1] as number;
  answers.forEach((answer, sample) => {
    if (answer.ended) return;
    const { id, margin } = bestOf(logits.data.subarray(sample * vocabulary, (sample + 1) * vocabulary));
    answer.ids.push(id);
    answer.margins.push(margin);
    answer.ended = endIds.has(id);
  });
}

function bestOf(logits: Float32Array): { readonly id: number; readonly margin: number } {
  let id = 0;
  let best = -Infinity;
  let second = -Infinity;
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] as number;
    if (logit > best) {
      second = best;
      best = logit;
      id = i;
    } else if (logit > second) {
      second = logit;
    }
  }
  return { id, margin: best - second };
}

function releaseAll(cache: ReadonlyMap<string, ResidentTensor>): void {
  for (const tensor of cache.values()) tensor.release();
}
