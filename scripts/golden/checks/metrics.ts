import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { largestNestedDifference, tolerances, worstOf } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { Reporter } from '../reporter.ts';
import { metricsCaseSchema, metricValues, questionFields, type MetricsCase } from './metric-values.ts';

/** Computes every metric of every case; one line for each metric, with the worst case. */
export async function checkMetrics(folder: string, reporter: Reporter): Promise<void> {
  for (const file of ['sklearn_golden.json', 'extended.json']) {
    const path = join(folder, 'metrics', file);
    if (!existsSync(path)) {
      reporter.skip(`metrics/${file}`, 'not in the folder');
      continue;
    }
    const { cases } = await readJson(path, z.object({ cases: z.array(metricsCaseSchema) }));
    for (const field of new Set(cases.flatMap((entry) => Object.keys(entry)))) {
      if (questionFields.has(field)) continue;
      const line = `metrics/${file} ${field}`;
      // null stands where scikit-learn gave nothing.
      const answered = cases.filter((entry) => entry[field] !== undefined && entry[field] !== null);
      await reporter.group(line, async () => checkField(line, field, answered, reporter));
    }
  }
}

function checkField(line: string, field: string, cases: readonly MetricsCase[], reporter: Reporter): void {
  const compute = metricValues[field];
  if (compute === undefined) {
    reporter.skip(line, '@mmhs/metrics does not compute it yet');
    return;
  }
  if (cases.length === 0) {
    reporter.skip(line, 'no case has a value');
    return;
  }
  const { name, error } = worstOf(cases.map((entry) => [entry.name, largestNestedDifference(compute(entry), entry[field])] as const));
  reporter.measure(line, { error, tolerance: tolerances.metric, note: `${cases.length} cases${error > 0 ? `, worst ${name}` : ''}` });
}
