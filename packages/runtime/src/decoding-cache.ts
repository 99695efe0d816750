import type { ModelGraph, TrainableTensors, VlmModel } from '@mmhs/core';
import { gatherAlong, Graph, serializeGraph } from '@mmhs/graph';
import type { CachedKeys } from './decoding-feeds.ts';
import type { ResidentTensor, Session } from './session.ts';

/** Keys and values of all tokens so far, in the worker. */
export interface DecodingCache {
  /** By the names of the graph's inputs: `past.<layer>.key` and `.value`. */
  readonly tensors: Readonly<Record<string, ResidentTensor>>;
  readonly keys: CachedKeys;
  release(): void;
}

/** Wraps what a run of a decoding graph kept under `fresh.*`, behind what was there before. */
export function cacheOf(kept: Readonly<Record<string, ResidentTensor>>, keys: CachedKeys): DecodingCache {
  const entries = Object.entries(kept).map(([name, tensor]) => [name.replace(/^fresh/u, 'past'), tensor] as const);
  return {
    tensors: Object.fromEntries(entries),
    keys,
    release() {
      for (const [, tensor] of entries) tensor.release();
    },
  };
}

/** Names of the tensors in a cache, without `past.` or `fresh.`. */
export function cacheNames({ decoderLayers }: Pick<VlmModel, 'decoderLayers'>): string[] {
  return Array.from({ length: decoderLayers }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();
}

/** A graph that picks samples of a cache: `past.*` and `samples` int64 `[batch]` -> `fresh.*`. */
export function cacheRowsGraph(model: Pick<VlmModel, 'decoderLayers' | 'keyValueHeads' | 'headDimension'>): ModelGraph {
  const trainable: TrainableTensors = { adapters: new Map(), full: new Set() };
  const graph = new Graph({ trainable });
  return graph.withoutRecording(() => {
    const samples = graph.input('samples', 'int64', ['batch']);
    for (const name of cacheNames(model)) {
      const past = graph.input(`past.${name}`, 'float32', ['past', 'rows', model.keyValueHeads, model.headDimension]);
      graph.output(`fresh.${name}`, gatherAlong(past, samples, 1));
    }
    return serializeGraph(graph);
  });
}

/** Picks samples of a cache, each as often as it is named; the cache itself stays. */
export async function selectSamples(options: {
  readonly session: Session;
  readonly cache: DecodingCache;
  readonly samples: readonly number[];
  readonly signal?: AbortSignal | undefined;
}): Promise<DecodingCache> {
  const { session, cache, samples, signal } = options;
  const keep = session.graph.outputs.map(({ name }) => name);
  const kept = await session.run({
    feeds: { ...cache.tensors, samples: { type: 'int64', shape: [samples.length], data: BigInt64Array.from(samples, BigInt) } },
    outputs: [],
    keep,
    ...(signal === undefined ? {} : { signal }),
  });
  const { orders, ends } = cache.keys;
  return cacheOf(kept as Record<string, ResidentTensor>, {
    orders: samples.map((sample) => (orders[sample] as Int32Array).slice()),
    ends: samples.map((sample) => (ends[sample] as Int32Array).slice()),
  });
}
