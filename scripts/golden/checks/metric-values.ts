import {
  averagePrecision, brierScore, calibrationError, classificationReport, coverageError, f1Score, fbetaScore, hammingLoss,
  jaccardScore, labelConfusion, labelRankingAveragePrecision, labelRankingLoss, logLoss, multilabelReport, precisionScore,
  recallScore, rocAuc, rowConfusion, subsetAccuracy, type Average,
} from '@mmhs/metrics';
import { z } from 'zod';

const matrix = z.array(z.array(z.number()));

/** A case of a metrics file: labels, scores where there are some, and expected values under the fields of {@link metricValues}. */
export const metricsCaseSchema = z.looseObject({
  name: z.string(),
  yTrue: matrix,
  yPred: matrix,
  yScore: matrix.optional(),
  labelNames: z.array(z.string()).optional(),
  reportSettings: z.array(z.object({ digits: z.number(), zero_division: z.number() })).optional(),
});
export type MetricsCase = z.infer<typeof metricsCaseSchema>;

/** Fields of a case that are questions, not answers. */
export const questionFields: ReadonlySet<string> = new Set([...Object.keys(metricsCaseSchema.shape), 'threshold']);

/** What the packages give for each field of a case, in the form of the file. */
export const metricValues: Readonly<Record<string, (entry: MetricsCase) => unknown>> = {
  prf: (entry) => byKey(entry, 'prf', (key) => {
    const options = { ...pairsOf(entry), ...averageOf(key) };
    return [precisionScore(options), recallScore(options), f1Score(options)];
  }),
  jaccard: (entry) => byKey(entry, 'jaccard', (key) => jaccardScore({ ...pairsOf(entry), ...averageOf(key) })),
  fbeta: (entry) => byKey(entry, 'fbeta', (key) => {
    const [beta = '', average = ''] = key.split('/');
    return fbetaScore({ ...pairsOf(entry), beta: Number(beta), average: average as Average });
  }),
  subsetAccuracy: (entry) => subsetAccuracy(pairsOf(entry)),
  hammingLoss: (entry) => hammingLoss(pairsOf(entry)),
  confusion: (entry) => labelConfusion(pairsOf(entry)),
  confusionPerSample: (entry) => rowConfusion(pairsOf(entry)),
  report0: (entry) => classificationReport(pairsOf(entry)),
  report: (entry) => (entry.reportSettings ?? []).map(({ digits, zero_division }) =>
    classificationReport({ ...pairsOf(entry), labels: entry.labelNames ?? [], digits, zeroDivision: zero_division })),
  reportDict: reportRows,
  rocAuc: (entry) => byKey(entry, 'rocAuc', (average) => rocAuc({ ...scoredOf(entry), average: average as Average })),
  averagePrecision: (entry) => byKey(entry, 'averagePrecision', (average) =>
    averagePrecision({ ...scoredOf(entry), average: average as Average })),
  lrap: (entry) => labelRankingAveragePrecision(scoredOf(entry)),
  coverageError: (entry) => coverageError(scoredOf(entry)),
  rankingLoss: (entry) => labelRankingLoss(scoredOf(entry)),
  brierPerLabel: (entry) => brierScore(scoredOf(entry)),
  brierMacro: (entry) => mean(brierScore(scoredOf(entry))),
  logLossPerLabel: (entry) => logLoss(scoredOf(entry)),
  ecePerLabel: (entry) => calibrationPerLabel(entry).map(({ expected }) => expected),
  mcePerLabel: (entry) => calibrationPerLabel(entry).map(({ largest }) => largest),
  eceMacro: (entry) => mean(calibrationPerLabel(entry).map(({ expected }) => expected)),
  eceFlat: ({ yTrue, yScore = [] }) => calibrationError({ gold: yTrue.flat(), scores: yScore.flat() }).expected,
};

function pairsOf({ yTrue, yPred }: MetricsCase) {
  return { gold: yTrue, predicted: yPred };
}

function scoredOf({ yTrue, yScore = [] }: MetricsCase) {
  return { gold: yTrue, scores: yScore };
}

/** Settings such as `macro/0`. */
function averageOf(key: string): { average: Average; zeroDivision: number } {
  const [average, zeroDivision] = key.split('/');
  return { average: average as Average, zeroDivision: Number(zeroDivision) };
}

/** The metric under every setting that the file has. */
function byKey(entry: MetricsCase, field: string, compute: (key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.keys(entry[field] as object).map((key) => [key, compute(key)]));
}

function reportRows(entry: MetricsCase): Record<string, Record<string, number>> {
  const { perLabel, averages } = multilabelReport({ ...pairsOf(entry), labels: entry.labelNames ?? [] });
  const rows = [
    ...perLabel.map((row) => [row.label, row] as const),
    ...Object.entries(averages).map(([name, row]) => [`${name} avg`, row] as const),
  ];
  return Object.fromEntries(rows.map(([name, { precision, recall, f1, support }]) =>
    [name, { precision, recall, 'f1-score': f1, support }]));
}

function calibrationPerLabel({ yTrue, yScore = [] }: MetricsCase) {
  const column = (rows: readonly (readonly number[])[], label: number): number[] => rows.map((row) => row[label] ?? NaN);
  return (yTrue[0] ?? []).map((_, label) => calibrationError({ gold: column(yTrue, label), scores: column(yScore, label) }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
