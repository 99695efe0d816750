import { lengthBucketBatches } from '@mmhs/data';

/** The micro-batches of one optimiser update, as indices into the training posts. */
export interface PlannedUpdate {
  readonly epoch: number;
  readonly microBatches: readonly (readonly number[])[];
}

/** Which posts each update of a run trains on; a function of the seed alone, so that a run can be resumed anywhere. */
export interface UpdatePlan {
  readonly updatesPerEpoch: number;
  readonly totalUpdates: number;
  /** The update at a 0-based step. */
  update(step: number): PlannedUpdate;
}

/**
 * Plans a run: micro-batches of similar length, grouped into updates; the last update of an epoch may be smaller.
 *
 * @param epochs Number of passes over the data, may be fractional. Ignored when `maxSteps` is given.
 */
export function planUpdates(options: {
  readonly lengths: readonly number[];
  readonly batchSize: number;
  readonly accumulationSteps: number;
  readonly epochs: number;
  readonly maxSteps?: number | undefined;
  readonly seed: number;
}): UpdatePlan {
  const { lengths, batchSize, accumulationSteps, seed } = options;
  const updatesPerEpoch = Math.max(1, Math.ceil(Math.ceil(lengths.length / batchSize) / accumulationSteps));
  const totalUpdates = options.maxSteps ?? Math.ceil(options.epochs * updatesPerEpoch);
  let planned: { readonly epoch: number; readonly batches: readonly (readonly number[])[] } | undefined;
  const batchesOf = (epoch: number): readonly (readonly number[])[] => {
    if (planned?.epoch !== epoch) planned = { epoch, batches: lengthBucketBatches({ lengths, batchSize, seed, epoch }) };
    return planned.batches;
  };
  return {
    updatesPerEpoch,
    totalUpdates,
    update(step) {
      const epoch = Math.floor(step / updatesPerEpoch);
      const start = (step % updatesPerEpoch) * accumulationSteps;
      return { epoch, microBatches: batchesOf(epoch).slice(start, start + accumulationSteps) };
    },
  };
}
