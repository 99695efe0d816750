import { addRows, emptyCounts, toMatrices, type LabelPairs, type MultilabelCounts } from './counts.ts';
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
  let counts = emptyCounts(labels.length);
  return {
    add(batch) {
      const { gold, predicted } = toMatrices({ ...batch, labels });
      counts = addRows(counts, gold, predicted, batch.sampleWeight);
    },
    merge(other) {
      if (other.columns !== labels.length) {
        throw new MetricsError('MMHS_METRICS_SHAPE', 'Counts of another number of labels cannot be added', {
          got: `${other.columns}`,
          expected: `${labels.length}`,
        });
      }
      counts = mergeCounts(counts, other);
    },
    counts: () => mergeCounts(counts, emptyCounts(labels.length)),
  };
}

/** Counts of two shards together. */
export function mergeCounts(left: MultilabelCounts, right: MultilabelCounts): MultilabelCounts {
  checkSameShape({ rows: 0, columns: left.columns }, { rows: 0, columns: right.columns });
  const merged = emptyCounts(left.columns);
  for (const part of [left, right]) {
    for (let column = 0; column < merged.columns; column += 1) {
      merged.truePositives[column]! += part.truePositives[column]!;
      merged.predictedPositives[column]! += part.predictedPositives[column]!;
      merged.goldPositives[column]! += part.goldPositives[column]!;
    }
    for (const group of part.rowTally.groups()) {
      merged.rowTally.add(group.gold, group.predicted, group.common, group.weight);
    }
  }
  return { ...merged, rows: left.rows + right.rows };
}
