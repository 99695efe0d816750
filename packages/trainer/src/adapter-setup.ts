import type { FloatTensor, TensorSpec, TrainableTensors, VlmFamily, VlmModel } from '@mmhs/core';
import { defineLoraConfig, initialiseAdapters, parameterShapes, resolveAdapters, type LoraConfig } from '@mmhs/lora';
import { openCheckpointTensors, type ParameterStore, type Runtime } from '@mmhs/runtime';

import type { TrainingConfig } from './config.ts';

/** What a run trains, and the PEFT settings that describe it; no settings when all weights are trained. */
export interface TrainingTargets {
  readonly trainable: TrainableTensors;
  readonly lora: LoraConfig | undefined;
}

/** Decides from the configuration what is trained. */
export function chooseTargets(options: {
  readonly config: TrainingConfig;
  readonly family: VlmFamily;
  readonly model: VlmModel;
}): TrainingTargets {
  const { config, family, model } = options;
  if (!config.use_lora) {
    return { trainable: { adapters: new Map(), full: new Set(model.tensors.map(({ name }) => name)) }, lora: undefined };
  }
  const lora = defineLoraConfig({
    base_model_name_or_path: config.model_id,
    revision: config.revision,
    r: config.lora_r,
    lora_alpha: config.lora_alpha,
    lora_dropout: config.lora_dropout,
    target_modules: copied(config.lora_target_modules) ?? family.defaultTargetModules,
    exclude_modules: copied(config.exclude_modules),
    layers_to_transform: config.layers_to_transform === null ? null : [...config.layers_to_transform],
    use_rslora: config.use_rslora,
    rank_pattern: { ...config.rank_pattern },
    alpha_pattern: { ...config.alpha_pattern },
    modules_to_save: config.modules_to_save === null ? null : [...config.modules_to_save],
  });
  return { trainable: resolveAdapters({ linears: model.linears, config: lora, tensors: model.tensors }), lora };
}

function copied(names: string | readonly string[] | null): string | string[] | null {
  return names === null || typeof names === 'string' ? names : [...names];
}

/** The same targets without dropout: for graphs that do not train. */
export function withoutDropout({ adapters, full }: TrainableTensors): TrainableTensors {
  return { full, adapters: new Map([...adapters].map(([path, adapter]) => [path, { ...adapter, dropout: 0 }])) };
}

/** Shapes of everything that is trained. */
export function trainedSpecs(model: VlmModel, trainable: TrainableTensors): TensorSpec[] {
  return parameterShapes({ trainable, linears: model.linears, tensors: model.tensors })
    .map(({ name, shape }) => ({ name, type: 'float32', shape }));
}

/** Allocates the trained tensors and gives them their starting values: a fresh adapter, or the checkpoint's weights. */
export async function startingParameters(options: {
  readonly runtime: Runtime;
  readonly model: VlmModel;
  readonly targets: TrainingTargets;
  readonly folder: string;
  readonly seed: number;
}): Promise<ParameterStore> {
  const { runtime, model, targets, folder, seed } = options;
  const { trainable, lora } = targets;
  const store = await runtime.createParameters({ specs: trainedSpecs(model, trainable) });
  const method = lora?.init_lora_weights;
  setValues(store, initialiseAdapters({
    trainable, linears: model.linears, seed, ...(method === undefined ? {} : { method }),
  }));
  if (trainable.full.size > 0) {
    const checkpoint = await openCheckpointTensors({ folder, canonicalName: model.canonicalName });
    for (const name of trainable.full) setValues(store, new Map([[name, await checkpoint.readTensor(name)]]));
  }
  return store;
}

/** Copies values into a store, by name. */
export function setValues(store: ParameterStore, values: ReadonlyMap<string, FloatTensor>): void {
  for (const [name, tensor] of values) store.values.get(name)?.set(tensor.data);
  store.markChanged();
}

/** A copy of a store's values, as tensors. */
export function copyValues(store: ParameterStore): Map<string, FloatTensor> {
  return new Map(store.specs.map(({ name, shape }) => [
    name,
    { type: 'float32', shape: shape as readonly number[], data: Float32Array.from(store.values.get(name) ?? []) },
  ]));
}
