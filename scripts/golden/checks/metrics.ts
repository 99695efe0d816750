import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  f1Score, fbetaScore, hammingLoss, jaccardScore, precisionScore, recallScore, subsetAccuracy, type Average,
} from '@mmhs/metrics';
import { z } from 'zod';

import { tolerances, worstOf } from '../compare.ts';
import type { Reporter } from '../reporter.ts';

const caseSchema = z.looseObject({ name: z.string(), yTrue: z.array(z.array(z.number())), yPred: z.array(z.array(z.number())) });
type MetricsCase = z.infer<typeof caseSchema>;

interface Pairs {
  readonly gold: number[][];
  readonly predicted: number[][];
}

/** What the packages give for a field of a case; `key` is the setting, such as `macro/0`. */
const byKey: Readonly<Record<string, (pairs: Pairs, key: string) => unknown>> = {
  prf: (pairs, key) => {
    const options = { ...pairs, ...averageOf(key) };
    return [precisionScore(options), recallScore(options), f1Score(options)];
  },
  jaccard: (pairs, key) => jaccardScore({ ...pairs, ...averageOf(key) }),
  fbeta: (pairs, key) => {
    const [beta = '', average = ''] = key.split('/');
    return fbetaScore({ ...pairs, beta: Number(beta), average: average as Average });
  },
};

/** Fields that are one value. */
const single: Readonly<Record<string, (pairs: Pairs) => unknown>> = {
  subsetAccuracy,
  hammingLoss,
};

const inputs = new Set(['name', 'yTrue', 'yPred', 'yScore', 'threshold', 'labelNames', 'reportSettings']);

/** Computes every metric of every case; one line for each metric, with the worst case. */
export async function checkMetrics(folder: string, reporter: Reporter): Promise<void> {
  for (const file of ['sklearn_golden.json', 'extended.json']) {
    const path = join(folder, 'metrics', file);
    if (!existsSync(path)) {
      reporter.skip(`metrics/${file}`, 'not in the folder');
      continue;
    }
    const restoreNaN = (_key: string, value: unknown): unknown => (value === 'NaN' ? NaN : value);
    const { cases } = z.object({ cases: z.array(caseSchema) }).parse(JSON.parse(await readFile(path, 'utf8'), restoreNaN));
    for (const field of new Set(cases.flatMap((entry) => Object.keys(entry)))) {
      if (inputs.has(field)) continue;
      const line = `metrics/${file} ${field}`;
      await reporter.group(line, async () => checkField(line, field, cases.filter((entry) => field in entry), reporter));
    }
  }
}

function checkField(line: string, field: string, cases: readonly MetricsCase[], reporter: Reporter): void {
  const compute = errorFinder(field);
  if (compute === undefined) {
    reporter.skip(line, '@mmhs/metrics does not compute it yet');
    return;
  }
  const { name, error } = worstOf(cases.map((entry) => [entry.name, compute(entry)] as const));
  reporter.measure(line, { error, tolerance: tolerances.metric, note: `${cases.length} cases${error > 0 ? `, worst ${name}` : ''}` });
}

function errorFinder(field: string): ((entry: MetricsCase) => number) | undefined {
  const pairsOf = ({ yTrue, yPred }: MetricsCase): Pairs => ({ gold: yTrue, predicted: yPred });
  const keyed = byKey[field];
  if (keyed !== undefined) {
    return (entry) => worstOf(Object.entries(entry[field] as object).map(
      ([key, expected]) => [key, largestNestedDifference(keyed(pairsOf(entry), key), expected)] as const)).error;
  }
  const plain = single[field];
  return plain === undefined ? undefined : (entry) => largestNestedDifference(plain(pairsOf(entry)), entry[field]);
}

function averageOf(key: string): { average: Average; zeroDivision: number } {
  const [average = '', zeroDivision] = key.split('/');
  return { average: average as Average, zeroDivision: Number(zeroDivision) };
}

/** Largest difference between nested arrays of numbers; NaN equals NaN only. */
function largestNestedDifference(actual: unknown, expected: unknown): number {
  if (Array.isArray(expected)) {
    const parts = Array.from(actual as ArrayLike<unknown>);
    if (parts.length !== expected.length) return Infinity;
    return Math.max(0, ...expected.map((part, index) => largestNestedDifference(parts[index], part)));
  }
  if (Object.is(actual, expected)) return 0;
  const difference = Math.abs((actual as number) - (expected as number));
  return Number.isNaN(difference) ? Infinity : difference;
}
