import { CountsBuilder } from './counts-builder.ts';
import { toMatrices, type LabelPairs, type MultilabelCounts } from './counts.ts';
import { MetricsError } from './errors.ts';
import { checkSameShape } from './label-matrix.ts';

/** Collects counts of many batches, so that labels need not be kept. */
export interface MultilabelAccumulator {
  /** Counts further rows. */
  add(batch: Omit<LabelPairs, 'labels'>): void;
  /** Adds the counts of another shard. */
  merge(other: MultilabelCounts): void;
  /** The counts so far, a copy; every metric takes them in place of labels. */
  counts(): MultilabelCounts;
}

/**
 * Creates an accumulator for a label list.
 *
 * Shards add up exactly: however rows are divided and in whatever order shards are merged, unweighted counts are the
 * same whole numbers, so every metric is the same to the last bit.
 *
 * @throws MetricsError `MMHS_METRICS_SHAPE` when a batch or shard has another number of labels.
 *
 * @example
 * const shard = createMultilabelAccumulator(['racist', 'sexist']);
 * shard.add({ gold: [['racist']], predicted: [['racist', 'sexist']] });
 * f1Score({ ...shard.counts(), average: 'micro' });
 */
export function createMultilabelAccumulator(labels: readonly string[]): MultilabelAccumulator {
  const builder = new CountsBuilder(labels.length);
  return {
    add(batch) {
      const { gold, predicted } = toMatrices({ ...batch, labels });
      builder.addRows(gold, predicted, batch.sampleWeight);
    },
    merge(other) {
      if (other.columns !== labels.length) {
        throw new MetricsError('MMHS_METRICS_SHAPE', 'Counts of another number of labels cannot be added', {
          got: `${other.columns}`,
          expected: `${labels.length}`,
        });
      }
      builder.addCounts(other);
    },
    counts: () => builder.counts(),
  };
}

/** Counts of two shards together. */
export function mergeCounts(left: MultilabelCounts, right: MultilabelCounts): MultilabelCounts {
  checkSameShape({ rows: 0, columns: left.columns }, { rows: 0, columns: right.columns });
  return new CountsBuilder(left.columns).addCounts(left).addCounts(right).counts();
}
