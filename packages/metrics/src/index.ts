export type { Average, ZeroDivision } from './averages.ts';
export { countLabels, type CountsSource, type LabelPairs, type MultilabelCounts } from './counts.ts';
export { MetricsError, type MetricsErrorDetails } from './errors.ts';
export { toLabelMatrix, type LabelMatrix, type LabelRows } from './label-matrix.ts';
export {
  f1Score,
  fbetaScore,
  jaccardScore,
  precisionScore,
  recallScore,
  type Averaged,
  type AverageOptions,
} from './label-scores.ts';
export {
  multilabelReport,
  type LabelScoreRow,
  type MultilabelReport,
  type MultilabelReportOptions,
  type ScoreRow,
} from './multilabel-report.ts';
export { hammingLoss, subsetAccuracy, zeroOneLoss } from './row-scores.ts';
export type { RowGroup, RowTally } from './row-tally.ts';
