import { readFileSync } from 'node:fs';

/** Values of a golden file, NaN restored. */
export interface GoldenCase {
  readonly name: string;
  readonly yTrue: number[][];
  readonly yPred: number[][];
  readonly prf: Record<string, [number, number, number] | [number[], number[], number[]]>;
  readonly jaccard: Record<string, number | number[]>;
  readonly subsetAccuracy: number;
  readonly hammingLoss: number;
  readonly confusion: number[][][];
  readonly report0: string;
  readonly yScore?: number[][];
  readonly rocAuc?: Record<string, number | number[]>;
  readonly averagePrecision?: Record<string, number | number[]>;
  readonly lrap?: number;
  readonly coverageError?: number;
  readonly rankingLoss?: number;
  readonly threshold?: number;
  readonly brierPerLabel?: number[];
  readonly brierMacro?: number;
  readonly ecePerLabel?: number[];
  readonly mcePerLabel?: number[];
  readonly eceMacro?: number;
  readonly eceFlat?: number;
  readonly logLossPerLabel?: number[];
  readonly labelNames?: string[];
  readonly report?: string[];
  readonly reportSettings?: { digits: number; zero_division: number }[];
  readonly reportDict?: Record<string, Record<string, number>>;
  readonly confusionPerSample?: number[][][];
  readonly fbeta?: Record<string, number | number[]>;
}

/** Every case that scikit-learn 1.9.1 was asked. */
export const goldenCases: readonly GoldenCase[] = ['sklearn_golden.json', 'extended.json'].flatMap((file) => {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const content = JSON.parse(text, (_key, value: unknown) => (value === 'NaN' ? NaN : value)) as { cases: GoldenCase[] };
  return content.cases;
});

/** Largest difference between numbers of two equally shaped values; NaN equals NaN only. */
export function largestDifference(actual: unknown, expected: unknown): number {
  if (Array.isArray(expected)) {
    const parts = Array.from(actual as ArrayLike<unknown>);
    if (parts.length !== expected.length) return Infinity;
    return Math.max(0, ...expected.map((part, index) => largestDifference(parts[index], part)));
  }
  if (Object.is(actual, expected)) return 0;
  const difference = Math.abs((actual as number) - (expected as number));
  return Number.isNaN(difference) ? Infinity : difference;
}
