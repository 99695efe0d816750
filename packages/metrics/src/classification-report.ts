import { divide, weightedMean, type ZeroDivision } from './averages.ts';
import type { CountsSource, LabelPairs } from './counts.ts';
import { rowConfusion } from './confusion.ts';
import { multilabelReport, type MultilabelReportOptions, type ScoreRow } from './multilabel-report.ts';

/** Options of {@link classificationReport}. */
export interface ClassificationReportOptions extends MultilabelReportOptions {
  /** Decimals of the scores. @default 2 */
  readonly digits?: number;
}

const headers = ['precision', 'recall', 'f1-score', 'support'] as const;
const averageNames = ['micro avg', 'macro avg', 'weighted avg', 'samples avg'] as const;

/**
 * Writes precision, recall, F1 and support per label and average as a text table.
 *
 * Character for character scikit-learn's `classification_report` for label indicators.
 */
export function classificationReport(source: CountsSource & ClassificationReportOptions): string {
  const { digits = 2 } = source;
  const { perLabel, averages: means, zeroDivision } = multilabelReport(source);
  const averages = 'gold' in source ? { ...means, samples: samplesInOrder(source, means.samples, zeroDivision) } : means;
  const width = Math.max(...perLabel.map((row) => [...row.label].length), 'weighted avg'.length, digits);
  // Weights make the support a real number, which Python writes with a point.
  const isWeighted = 'gold' in source && source.sampleWeight !== undefined;
  const line = (name: string, row: ScoreRow): string => {
    const cells = [row.precision, row.recall, row.f1].map((value) => fixed(value, digits).padStart(9));
    return `${padStart(name, width)}  ${cells.join(' ')} ${support(row.support, isWeighted).padStart(9)}\n`;
  };
  const header = `${' '.repeat(width)}  ${headers.map((name) => name.padStart(9)).join(' ')}`;
  return [
    `${header}\n\n`,
    ...perLabel.map((row) => line(row.label, row)),
    '\n',
    ...averageNames.map((name) => line(name, averages[name.split(' ')[0] as keyof typeof averages])),
  ].join('');
}

/** The samples average added up row by row: exact ties of the last decimal fall as scikit-learn's rounding errors do. */
function samplesInOrder(pairs: LabelPairs, { support }: ScoreRow, zeroDivision: ZeroDivision): ScoreRow {
  const { sampleWeight } = pairs;
  const isCounted = (_: unknown, row: number): boolean => sampleWeight?.[row] !== 0;
  const rows = rowConfusion(pairs).filter(isCounted);
  const weights = sampleWeight === undefined ? undefined : Array.from(sampleWeight).filter(isCounted);
  const mean = (ratio: (common: number, wrong: number, missed: number) => readonly [number, number]): number =>
    weightedMean(
      rows.map(([[, wrong], [missed, common]]) => divide(ratio(common, wrong, missed), zeroDivision)),
      weights,
    );
  return {
    precision: mean((common, wrong) => [common, common + wrong]),
    recall: mean((common, _wrong, missed) => [common, common + missed]),
    f1: mean((common, wrong, missed) => [2 * common, 2 * common + wrong + missed]),
    support,
  };
}

function support(value: number, isWeighted: boolean): string {
  return isWeighted && Number.isInteger(value) ? `${value}.0` : String(value);
}

/** Pads by characters, not by UTF-16 units, as Python does. */
function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - [...text].length)) + text;
}

/** `toFixed` rounds the exact binary value, as Python's format does, except that exact ties go to the even digit there. */
function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan';
  const scaled = value * 10 ** digits;
  const isTie = scaled % 1 === 0.5 && scaled / 10 ** digits === value && isExactTie(value, digits);
  if (!isTie) return value.toFixed(digits);
  const lower = Math.floor(scaled);
  return ((lower % 2 === 0 ? lower : lower + 1) / 10 ** digits).toFixed(digits);
}

/** Whether the value has exactly one decimal more than asked for, a 5. */
function isExactTie(value: number, digits: number): boolean {
  return new RegExp(`^\\d+\\.\\d{${digits}}50*$`).test(value.toFixed(60));
}
