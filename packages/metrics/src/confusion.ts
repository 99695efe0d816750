import { toCounts, toMatrices, type CountsSource, type LabelPairs } from './counts.ts';

/** `[[true negatives, false positives], [false negatives, true positives]]`. */
export type ConfusionMatrix = readonly [readonly [number, number], readonly [number, number]];

/** A confusion matrix per label, in column order. As scikit-learn's `multilabel_confusion_matrix`. */
export function labelConfusion(source: CountsSource): ConfusionMatrix[] {
  const counts = toCounts(source);
  return Array.from(counts.truePositives, (common, column) =>
    confusion(counts.rows, counts.goldPositives[column]!, counts.predictedPositives[column]!, common),
  );
}

/** A confusion matrix per row. As scikit-learn's `multilabel_confusion_matrix` with `samplewise=True`. */
export function rowConfusion(pairs: LabelPairs): ConfusionMatrix[] {
  const { gold, predicted } = toMatrices(pairs);
  const { rows, columns } = gold;
  return Array.from({ length: rows }, (_, row) => {
    let [inGold, inPredicted, common] = [0, 0, 0];
    for (let cell = row * columns; cell < (row + 1) * columns; cell += 1) {
      inGold += gold.data[cell]!;
      inPredicted += predicted.data[cell]!;
      common += gold.data[cell]! & predicted.data[cell]!;
    }
    return confusion(columns, inGold, inPredicted, common);
  });
}

/**
 * How often labels stand together: `[label][label]` counts of rows, each label's own count on the diagonal.
 *
 * @param pairs.gold - The rows; give predictions here to see theirs.
 */
export function labelCooccurrence(pairs: Pick<LabelPairs, 'gold' | 'labels'>): number[][] {
  const { gold } = toMatrices({ ...pairs, predicted: pairs.gold });
  const table = Array.from({ length: gold.columns }, () => new Array<number>(gold.columns).fill(0));
  for (let row = 0; row < gold.rows; row += 1) {
    const present = [...gold.data.subarray(row * gold.columns, (row + 1) * gold.columns).entries()]
      .filter(([, cell]) => cell === 1)
      .map(([column]) => column);
    for (const left of present) for (const right of present) table[left]![right]! += 1;
  }
  return table;
}

function confusion(total: number, gold: number, predicted: number, common: number): ConfusionMatrix {
  return [
    [total - gold - predicted + common, predicted - common],
    [gold - common, common],
  ];
}
