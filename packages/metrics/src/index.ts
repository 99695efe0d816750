export { createMultilabelAccumulator, mergeCounts, type MultilabelAccumulator } from './accumulator.ts';
export { fleissKappa, krippendorffAlpha } from './agreement.ts';
export { anyLabel, anyLabelScores } from './any-label.ts';
export type { Average, ZeroDivision } from './averages.ts';
export {
  bootstrapInterval,
  bootstrapIntervals,
  holmCorrection,
  pairedBootstrap,
  pairedBootstraps,
  type BootstrapOptions,
  type CountsMetric,
  type Interval,
  type PairedDifference,
  type Resample,
  type ResampleMetric,
  type ResamplingOptions,
} from './bootstrap.ts';
export { calibrationError, reliabilityBins, type CalibrationOptions, type ReliabilityBin } from './calibration-error.ts';
export { fitIsotonic, fitPlatt, fitTemperature, type Calibrator } from './calibrators.ts';
export { classificationReport, type ClassificationReportOptions } from './classification-report.ts';
export { labelConfusion, labelCooccurrence, rowConfusion, type ConfusionMatrix } from './confusion.ts';
export { countLabels, type CountsSource, type LabelPairs, type MultilabelCounts } from './counts.ts';
export { precisionRecallCurve, rocCurve, type PrecisionRecallCurve, type RocCurve } from './curves.ts';
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
export { brierScore, logLoss } from './probability-scores.ts';
export { coverageError, labelRankingAveragePrecision, labelRankingLoss } from './row-ranking.ts';
export { hammingLoss, subsetAccuracy, zeroOneLoss } from './row-scores.ts';
export type { RowGroup } from './row-groups.ts';
export type { PositivesAbove, RankedColumn, RankedLabels } from './label-ranking.ts';
export { averagePrecision, binaryAveragePrecision, binaryRocAuc, rocAuc } from './score-averages.ts';
export { toScoreMatrix, type BinaryScores, type ScoredLabels, type ScoreMatrix, type ScoreRows } from './score-matrix.ts';
export { generalizedMean, subgroupBias, type SubgroupBias } from './subgroup-bias.ts';
export { applyThresholds, tuneThresholds, type ThresholdObjective, type TunedThreshold } from './thresholds.ts';
