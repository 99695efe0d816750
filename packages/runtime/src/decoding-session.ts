import { MmhsError, type EncodedPost, type FloatTensor, type LinearPrecision, type Tensor, type TrainableTensors, type VlmModel } from '@mmhs/core';
import type { CheckpointHandle } from './checkpoint-handle.ts';
import { cacheNames, cacheOf, cacheRowsGraph, selectSamples, type DecodingCache } from './decoding-cache.ts';
import { extensionFeeds, type WantedRow } from './decoding-feeds.ts';
import { joinRows, promptRows, type TokenRows } from './decoding-rows.ts';
import type { ParameterStore } from './parameter-store.ts';
import type { Runtime } from './runtime.ts';
import type { CreateSessionOptions, ResidentTensor, Session } from './session.ts';

/** What comes of feeding tokens. */
export interface Extension {
  /** The cache with the new tokens; undefined unless it was to be kept. */
  readonly cache: DecodingCache | undefined;
  /** Log-probabilities of each wanted row's tokens. */
  readonly scores: readonly Float32Array[];
  /** `[wanted rows, vocabulary]`; undefined unless asked for. */
  readonly logits: FloatTensor | undefined;
}

/** What is wanted of new tokens. */
export interface ExtensionWishes {
  readonly wanted: readonly WantedRow[];
  /** Whether whole rows of logits are wanted. @default false */
  readonly logits?: boolean;
  /** Whether the cache is wanted. @default true */
  readonly keep?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A model with one adapter (or none), ready to continue sequences with a key-value cache. */
export interface Decoder {
  readonly model: VlmModel;
  /**
   * Feeds prompts, and after each of them tokens of its own. Instructions that all posts start with are computed once and kept
   * until the adapter changes.
   *
   * @returns as {@link extend}; in `wanted`, row 0 is the last token of a prompt, row 1 the first of the tokens after it.
   */
  prefill(options: ExtensionWishes & {
    readonly posts: readonly EncodedPost[];
    readonly imageFeatures: readonly (FloatTensor | undefined)[];
    /** Tokens after each prompt. */
    readonly following?: readonly TokenRows[];
  }): Promise<Extension>;
  /** Feeds more tokens to the sequences of a cache, which stays as it is. */
  extend(options: ExtensionWishes & { readonly cache: DecodingCache; readonly rows: readonly TokenRows[] }): Promise<Extension>;
  /** Picks sequences of a cache, each as often as it is named. */
  select(options: {
    readonly cache: DecodingCache;
    readonly samples: readonly number[];
    readonly signal?: AbortSignal | undefined;
  }): Promise<DecodingCache>;
  /** Frees the sessions and the instructions. */
  release(): Promise<void>;
}

/** How a decoder is made. */
export interface CreateDecoderOptions {
  readonly runtime: Runtime;
  readonly model: VlmModel;
  /** Adapters in the graph; dropout must be 0. */
  readonly trainable: TrainableTensors;
  readonly weights: CheckpointHandle | readonly CheckpointHandle[];
  /** Needed when something is trainable. */
  readonly parameters?: ParameterStore | undefined;
  /** How the products of frozen linears are computed. @default 'float32' */
  readonly precision?: LinearPrecision | undefined;
  /** How the decoding graph gets its weights. @default as for a session */
  readonly weightBinding?: CreateSessionOptions['weightBinding'] | undefined;
  /** Whether the instructions that all posts share are computed once. @default true */
  readonly sharedPrefix?: boolean;
}

/** Creates a decoder; its sessions are made when first needed and share base weights with all others of the runtime. */
export function createDecoder(options: CreateDecoderOptions): Decoder {
  const { runtime, model, trainable, weights, parameters, precision = 'float32' } = options;
  let opened: Promise<{ readonly extending: Session; readonly selecting: Session }> | undefined;
  const sessions = (): NonNullable<typeof opened> => (opened ??= openSessions(options));
  const feed = async (past: DecodingCache | undefined, rows: readonly TokenRows[], wishes: ExtensionWishes & {
    readonly imageFeatures?: readonly (FloatTensor | undefined)[];
  }): Promise<Extension> => runExtension({ session: (await sessions()).extending, model, past, rows, wishes });

  const select: Decoder['select'] = async (wish) => selectSamples({ session: (await sessions()).selecting, ...wish });
  const prefixes = createPrefixKeeper({
    version: () => parameters?.version() ?? 0,
    compute: async (post) => {
      const rows = promptRows({ ...post, promptLength: post.sharedPrefixLength }, model.positionRows);
      return (await feed(undefined, [rows], { wanted: [] })).cache as DecodingCache;
    },
  });

  return {
    model,
    select,
    async prefill({ posts, imageFeatures, following, ...wishes }) {
      checkPosts(posts, imageFeatures);
      const start = options.sharedPrefix === false ? 0 : sharedLength(posts);
      const past = start === 0 ? undefined : await prefixes.use(posts, start, (cache) =>
        select({ cache, samples: posts.map(() => 0), signal: wishes.signal }));
      const rows = posts.map((post, index) => {
        const prompt = promptRows(post, model.positionRows, start);
        const after = following?.[index];
        return after === undefined ? prompt : joinRows(prompt, after, model.positionRows);
      });
      const wanted = wishes.wanted.map((wish) => {
        const last = (posts[wish.sample] as EncodedPost).promptLength - start - 1;
        return { ...wish, row: last + wish.row };
      });
      try {
        return await feed(past, rows, { ...wishes, wanted, imageFeatures });
      } finally {
        past?.release();
      }
    },
    extend: ({ cache, rows, ...wishes }) => feed(cache, rows, wishes),
    async release() {
      await prefixes.release();
      const made = await opened;
      opened = undefined;
      await made?.extending.release();
      await made?.selecting.release();
    },
  };

  async function openSessions({ weightBinding }: CreateDecoderOptions) {
    const graph = model.decodingGraph({ trainable, precision });
    const bound = { ...(parameters === undefined ? {} : { parameters }), ...(weightBinding === undefined ? {} : { weightBinding }) };
    return {
      extending: await runtime.createSession({ graph, weights, ...bound }),
      selecting: await runtime.createSession({ graph: cacheRowsGraph(model), weights: [] }),
    };
  }
}

async function runExtension(options: {
  readonly session: Session;
  readonly model: VlmModel;
  readonly past: DecodingCache | undefined;
  readonly rows: readonly TokenRows[];
  readonly wishes: ExtensionWishes & { readonly imageFeatures?: readonly (FloatTensor | undefined)[] };
}): Promise<Extension> {
  const { session, model, past, rows, wishes } = options;
  const { wanted, logits = false, keep = true, signal, imageFeatures } = wishes;
  const { feeds, keys } = extensionFeeds({ model, past: past?.keys, rows, imageFeatures, wanted });
  const kept = keep ? cacheNames(model) : [];
  const outputs = await session.run({
    feeds: { ...feeds, ...(past?.tensors ?? emptyPast(model, rows.length)) },
    outputs: logits ? ['choice_scores', 'logits'] : ['choice_scores'],
    keep: kept.map((name) => `fresh.${name}`),
    ...(past === undefined ? {} : { appendTo: Object.fromEntries(kept.map((name) => [`fresh.${name}`, past.tensors[`past.${name}`] as ResidentTensor])) }),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    scores: splitScores(outputs['choice_scores'] as FloatTensor, wanted),
    logits: outputs['logits'] as FloatTensor | undefined,
    cache: keep ? cacheOf(Object.fromEntries(kept.map((name) => [`fresh.${name}`, outputs[`fresh.${name}`] as ResidentTensor])), keys) : undefined,
  };
}

function splitScores({ data }: FloatTensor, wanted: readonly WantedRow[]): Float32Array[] {
  let start = 0;
  return wanted.map(({ tokens }) => data.subarray(start, (start += tokens.length)));
}

function emptyPast(model: VlmModel, batch: number): Record<string, Tensor> {
  const shape = [0, batch, model.keyValueHeads, model.headDimension];
  return Object.fromEntries(cacheNames(model).map((name) => [`past.${name}`, { type: 'float32', shape, data: new Float32Array(0) }]));
}

interface KeptPrefix {
  readonly key: string;
  readonly cache: Promise<DecodingCache>;
  users: number;
}

/** Keeps the cache of the instructions that posts start with, until others are asked for. */
function createPrefixKeeper(options: {
  /** Changes when the adapter does. */
  readonly version: () => number;
  readonly compute: (post: EncodedPost) => Promise<DecodingCache>;
}) {
  let current: KeptPrefix | undefined;
  const releaseUnused = async (prefix: KeptPrefix | undefined): Promise<void> => {
    if (prefix === undefined || prefix === current || prefix.users > 0) return;
    (await prefix.cache.catch(() => undefined))?.release();
  };
  const forget = async (): Promise<void> => {
    const old = current;
    current = undefined;
    await releaseUnused(old);
  };
  const find = async (key: string, post: EncodedPost): Promise<KeptPrefix> => {
    if (current?.key === key) return current;
    await forget();
    return (current = { key, cache: options.compute(post), users: 0 });
  };
  return {
    /** Lends the cache of `length` instruction tokens that all the posts start with. */
    async use<Result>(posts: readonly EncodedPost[], length: number, borrow: (cache: DecodingCache) => Promise<Result>): Promise<Result> {
      const [first] = posts;
      const ids = first?.inputIds.subarray(0, length) ?? [];
      const prefix = await find(`${options.version()}:${ids.join()}`, first as EncodedPost);
      prefix.users += 1;
      try {
        return await borrow(await prefix.cache);
      } catch (error) {
        if (prefix === current) current = undefined;
        throw error;
      } finally {
        prefix.users -= 1;
        await releaseUnused(prefix);
      }
    },
    release: forget,
  };
}

/** Number of tokens that all the posts start with by their own account; 0 when they differ. */
function sharedLength(posts: readonly EncodedPost[]): number {
  const [first] = posts;
  const length = first?.sharedPrefixLength ?? 0;
  const same = posts.every(({ inputIds, sharedPrefixLength }) => {
    if (sharedPrefixLength !== length) return false;
    for (let token = 0; token < length; token += 1) if (inputIds[token] !== first?.inputIds[token]) return false;
    return true;
  });
  return same ? length : 0;
}

function checkPosts(posts: readonly EncodedPost[], imageFeatures: readonly (FloatTensor | undefined)[]): void {
  if (posts.length === imageFeatures.length) return;
  throw new MmhsError('MMHS_GENERATE_IMAGES', 'There must be one entry of image features for each post', {
    got: String(imageFeatures.length),
    expected: String(posts.length),
  });
}
