import type { MultilabelCounts } from './counts.ts';
import type { LabelMatrix } from './label-matrix.ts';
import { RowGroupTable } from './row-groups.ts';
import { common, countPatterns, mostPatternColumns, onlyGold, onlyPredicted } from './row-patterns.ts';

/** Adds up {@link MultilabelCounts} from rows and from other counts. */
export class CountsBuilder {
  readonly #columns: number;
  readonly #truePositives: Float64Array;
  readonly #predictedPositives: Float64Array;
  readonly #goldPositives: Float64Array;
  readonly #groups: RowGroupTable;
  #rows = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#truePositives = new Float64Array(columns);
    this.#predictedPositives = new Float64Array(columns);
    this.#goldPositives = new Float64Array(columns);
    this.#groups = new RowGroupTable(columns);
  }

  /** Counts rows, each with its weight or 1. */
  addRows(gold: LabelMatrix, predicted: LabelMatrix, weights: ArrayLike<number> | undefined): this {
    if (this.#columns <= mostPatternColumns) this.#addPatterns(countPatterns(gold, predicted, weights));
    else this.#addCells(gold, predicted, weights);
    return this;
  }

  /** Adds the counts of other rows. */
  addCounts(counts: MultilabelCounts): this {
    for (let column = 0; column < this.#columns; column += 1) {
      this.#truePositives[column]! += counts.truePositives[column]!;
      this.#predictedPositives[column]! += counts.predictedPositives[column]!;
      this.#goldPositives[column]! += counts.goldPositives[column]!;
    }
    for (const group of counts.rowGroups) this.#groups.add(group.gold, group.predicted, group.common, group.weight);
    this.#rows += counts.rows;
    return this;
  }

  /** The counts so far, a copy. */
  counts(): MultilabelCounts {
    return {
      rows: this.#rows,
      columns: this.#columns,
      truePositives: this.#truePositives.slice(),
      predictedPositives: this.#predictedPositives.slice(),
      goldPositives: this.#goldPositives.slice(),
      rowGroups: this.#groups.groups(),
    };
  }

  #addPatterns(weights: Float64Array): void {
    weights.forEach((weight, pattern) => {
      if (weight === 0) return;
      let [goldInRow, predictedInRow, commonInRow] = [0, 0, 0];
      for (let column = this.#columns - 1, rest = pattern; rest > 0; column -= 1, rest >>= 2) {
        const state = rest & 3;
        if (state === common) {
          this.#truePositives[column]! += weight;
          commonInRow += 1;
        }
        if (state === common || state === onlyGold) {
          this.#goldPositives[column]! += weight;
          goldInRow += 1;
        }
        if (state === common || state === onlyPredicted) {
          this.#predictedPositives[column]! += weight;
          predictedInRow += 1;
        }
      }
      this.#groups.add(goldInRow, predictedInRow, commonInRow, weight);
      this.#rows += weight;
    });
  }

  #addCells(gold: LabelMatrix, predicted: LabelMatrix, weights: ArrayLike<number> | undefined): void {
    const [goldData, predictedData] = [gold.data, predicted.data];
    for (let row = 0, cell = 0; row < gold.rows; row += 1) {
      const weight = weights === undefined ? 1 : weights[row]!;
      let [goldInRow, predictedInRow, commonInRow] = [0, 0, 0];
      for (let column = 0; column < this.#columns; column += 1, cell += 1) {
        const isGold = goldData[cell]!;
        const isPredicted = predictedData[cell]!;
        if ((isGold | isPredicted) === 0) continue; // most cells of many labels
        const isCommon = isGold & isPredicted;
        this.#truePositives[column]! += isCommon * weight;
        this.#predictedPositives[column]! += isPredicted * weight;
        this.#goldPositives[column]! += isGold * weight;
        commonInRow += isCommon;
        goldInRow += isGold;
        predictedInRow += isPredicted;
      }
      this.#groups.add(goldInRow, predictedInRow, commonInRow, weight);
      this.#rows += weight;
    }
  }
}
