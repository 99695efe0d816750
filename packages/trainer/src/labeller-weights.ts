import type { TrainableTensors } from '@mmhs/core';
import { loadAdapter, mergeAdapter, type LoadedAdapter } from '@mmhs/lora';
import { openCheckpointTensors, type CheckpointHandle, type ParameterStore } from '@mmhs/runtime';

import { setValues, trainedSpecs, withoutDropout } from './adapter-setup.ts';
import type { OpenedModel } from './open-model.ts';

/** A model's weights with one adapter, as sessions are made with them. */
export interface AdaptedWeights {
  /** Adapters that are applied in the graph. */
  readonly trainable: TrainableTensors;
  readonly parameters: ParameterStore;
  /** Where weights come from; of several, the first that has a name. */
  readonly weights: readonly CheckpointHandle[];
  /** Whether image features are others than the base model's. */
  readonly changesTower: boolean;
  release(): void;
}

/**
 * Reads an adapter and puts it on a model: in the graph, where it takes no memory of its own to speak of, or merged into a
 * second copy of the weights it changes, where it takes no time.
 */
export async function openAdaptedWeights(options: {
  readonly opened: OpenedModel;
  readonly adapterFolder: string;
  readonly merge: boolean;
  readonly signal?: AbortSignal | undefined;
}): Promise<AdaptedWeights> {
  const { opened, adapterFolder, merge, signal } = options;
  const { runtime, model, weights } = opened;
  const adapter = await loadAdapter({ folder: adapterFolder, ...model });
  const trainable = withoutDropout(adapter.trainable);
  const changesTower = model.visionGraph({ trainable }).parameters.length > 0;
  if (merge) {
    const merged = await mergeWeights(opened, adapter, signal);
    const parameters = await runtime.createParameters({ specs: [] });
    return {
      trainable: { adapters: new Map(), full: new Set() },
      parameters,
      weights: [merged, weights],
      changesTower,
      release() {
        parameters.release();
        merged.release();
      },
    };
  }
  const parameters = await runtime.createParameters({ specs: trainedSpecs(model, trainable) });
  setValues(parameters, adapter.parameters);
  return { trainable, parameters, weights: [weights], changesTower, release: () => parameters.release() };
}

/** The weights that the adapter changes, with it; in float32. */
async function mergeWeights({ runtime, model, folder }: OpenedModel, adapter: LoadedAdapter, signal?: AbortSignal): Promise<CheckpointHandle> {
  const base = await openCheckpointTensors({ folder, canonicalName: model.canonicalName });
  const merged = mergeAdapter(adapter);
  const changed = [...base.tensors.keys()].filter((name) => merged.isChanged(name));
  const tensors = [];
  for (const name of changed) {
    signal?.throwIfAborted();
    tensors.push([name, merged.merge(name, await base.readTensor(name))] as const);
  }
  return runtime.loadTensors({ tensors: Object.fromEntries(tensors) });
}
