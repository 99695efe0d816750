import { checkZeroDivision, sum, type Average, type ZeroDivision } from './averages.ts';
import { toCounts, type CountsSource } from './counts.ts';
import { f1Score, precisionScore, recallScore } from './label-scores.ts';
import { hammingLoss, subsetAccuracy } from './row-scores.ts';

/** Precision, recall and F1 of a label or of an average, and the number of true labels behind them. */
export interface ScoreRow {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows (or weight of rows) where the label is true. */
  readonly support: number;
}

/** A label's {@link ScoreRow}. */
export interface LabelScoreRow extends ScoreRow {
  readonly label: string;
}

/** The usual numbers of a multi-label classifier, in one object. */
export interface MultilabelReport {
  readonly f1Micro: number;
  readonly f1Macro: number;
  readonly f1Weighted: number;
  readonly f1Samples: number;
  readonly subsetAccuracy: number;
  readonly hammingLoss: number;
  readonly perLabel: readonly LabelScoreRow[];
  /** Precision, recall and F1 by average. */
  readonly averages: Readonly<Record<Exclude<Average, 'none'>, ScoreRow>>;
  /** Number of rows, or the sum of their weights. */
  readonly rows: number;
  /** The policy these numbers were computed with. */
  readonly zeroDivision: ZeroDivision;
  /** Labels that are neither true nor predicted anywhere: their F1 is the zero-division value. */
  readonly undefinedLabels: readonly string[];
}

/** Options of {@link multilabelReport}. */
export interface MultilabelReportOptions {
  /** Label names in column order. @default "0", "1", ... */
  readonly labels?: readonly string[];
  /** The value of 0/0: 0, 1 or NaN. @default 0, or what the preset says */
  readonly zeroDivision?: ZeroDivision;
  /** `original` gives the numbers of the Python original, which counts 0/0 as 1. */
  readonly preset?: 'original';
}

/**
 * Computes the usual numbers of a multi-label classifier with scikit-learn's semantics.
 *
 * @throws MetricsError `MMHS_METRICS_OPTION` for an unusable zero division; see {@link countLabels} for unusable labels.
 *
 * @example
 * const report = multilabelReport({
 *   labels: ['racist', 'sexist'],
 *   gold: [['racist'], ['racist', 'sexist'], []],
 *   predicted: [['racist'], ['racist'], []],
 * });
 * report.f1Micro; // 0.8
 */
export function multilabelReport(source: CountsSource & MultilabelReportOptions): MultilabelReport {
  const zeroDivision = source.zeroDivision ?? (source.preset === 'original' ? 1 : 0);
  checkZeroDivision(zeroDivision);
  const counts = toCounts(source);
  const names = source.labels ?? Array.from(counts.goldPositives, (_, column) => String(column));

  const scores = (average: Exclude<Average, 'none'>): ScoreRow => ({
    precision: precisionScore({ ...counts, average, zeroDivision }),
    recall: recallScore({ ...counts, average, zeroDivision }),
    f1: f1Score({ ...counts, average, zeroDivision }),
    support: sum(counts.goldPositives),
  });
  const averages = {
    micro: scores('micro'),
    macro: scores('macro'),
    weighted: scores('weighted'),
    samples: scores('samples'),
  };
  const precision = precisionScore({ ...counts, average: 'none', zeroDivision });
  const recall = recallScore({ ...counts, average: 'none', zeroDivision });
  const f1 = f1Score({ ...counts, average: 'none', zeroDivision });

  return {
    f1Micro: averages.micro.f1,
    f1Macro: averages.macro.f1,
    f1Weighted: averages.weighted.f1,
    f1Samples: averages.samples.f1,
    subsetAccuracy: subsetAccuracy(counts),
    hammingLoss: hammingLoss(counts),
    perLabel: names.map((label, column) => ({
      label,
      precision: precision[column]!,
      recall: recall[column]!,
      f1: f1[column]!,
      support: counts.goldPositives[column]!,
    })),
    averages,
    rows: counts.rows,
    zeroDivision,
    undefinedLabels: names.filter((_, column) => counts.goldPositives[column]! + counts.predictedPositives[column]! === 0),
  };
}
