import type { LinearPrecision, TrainableTensors, VlmModel } from '@mmhs/core';
import type { CheckpointHandle, ParameterStore, Runtime, Session } from '@mmhs/runtime';

/** Makes the session of a vision tower. */
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
  // A trained tower also runs inside the training graph, which shares its weights.
  const isFrozen = graph.parameters.length === 0;
  return runtime.createSession({
    graph, weights, ...(parameters === undefined ? {} : { parameters }), ...(isFrozen ? { weightBinding: 'packed-if-small' } : {}), ...(signal === undefined ? {} : { signal }),
  });
}
