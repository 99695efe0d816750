import type { LinearPrecision, TrainableTensors, VlmModel } from '@mmhs/core';
import type { CheckpointHandle, ParameterStore, Runtime, Session } from '@mmhs/runtime';

/** Towers up to this size are packed for their own session; larger ones would cost too much memory while they are packed. */
const packedBytesLimit = 512 * 2 ** 20;

/**
 * Makes the session of a frozen vision tower. No other session needs its weights, so that a small tower's become
 * initialisers, which onnxruntime packs once instead of at each run.
 */
export function createVisionSession(options: {
  readonly runtime: Runtime;
  readonly model: VlmModel;
  readonly weights: CheckpointHandle | readonly CheckpointHandle[];
  /** Needed when an adapter sits in the tower. */
  readonly parameters?: ParameterStore | undefined;
  readonly trainable: TrainableTensors;
  /** How linears are computed. Default `float32`. */
  readonly precision?: LinearPrecision | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<Session> {
  const { runtime, model, weights, parameters, trainable, precision = 'float32', signal } = options;
  const graph = model.visionGraph({ trainable, precision });
  const bytes = graph.weights.reduce((sum, { shape }) => sum + 4 * shape.reduce<number>((size, side) => size * Number(side), 1), 0);
  // A trained tower also runs inside the training graph, which shares its weights.
  const isFrozen = graph.parameters.length === 0;
  return runtime.createSession({
    graph, weights, ...(parameters === undefined ? {} : { parameters }), ...(isFrozen && bytes <= packedBytesLimit ? { weightBinding: 'initializer' } : {}), ...(signal === undefined ? {} : { signal }),
  });
}
