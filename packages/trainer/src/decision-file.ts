import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError, type LabelSet } from '@mmhs/core';
import { z } from 'zod';

import { writeJsonFile } from './artifacts.ts';
import type { Decision } from './decision.ts';
import type { TunedDecision } from './decision-tuning.ts';

/** Lies beside an adapter's tensors. */
export const decisionFile = 'decision.json';

const schema = z.object({
  version: z.literal(1),
  /** null: the label is never predicted. */
  thresholds: z.record(z.string(), z.number().nullable()),
  calibration: z.record(z.string(), z.object({ slope: z.number(), intercept: z.number() })).nullable().default(null),
});

/** Writes tuned thresholds and calibration, and what they were tuned on, beside an adapter. */
export async function writeDecision(options: {
  readonly folder: string;
  readonly labelSet: LabelSet;
  readonly tuned: TunedDecision;
}): Promise<string> {
  const { folder, labelSet, tuned } = options;
  const byLabel = <Value>(values: readonly Value[]): Record<string, Value> =>
    Object.fromEntries(labelSet.map((label, index) => [label, values[index] as Value]));
  const { calibration, thresholds, posts, honestF1 } = tuned;
  return writeJsonFile({
    path: join(folder, decisionFile),
    contents: {
      version: 1,
      thresholds: byLabel(thresholds.map((threshold) => (Number.isFinite(threshold) ? threshold : null))),
      calibration: calibration === undefined ? null : byLabel(calibration),
      tuned_on: { split: 'val', posts, objective: 'f1', cross_validated_f1: byLabel(honestF1) },
    },
  });
}

/**
 * Reads what was tuned for an adapter; undefined where nothing was.
 *
 * @throws MmhsError `MMHS_LABELLER_DECISION` when the file cannot be read, or is for other labels.
 */
export async function readDecision(options: { readonly folder: string; readonly labelSet: LabelSet }): Promise<Decision | undefined> {
  const { folder, labelSet } = options;
  const where = join(folder, decisionFile);
  const text = await readFile(where, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { thresholds, calibration } = parse(text, where);
  const strange = Object.keys(thresholds).find((label) => !labelSet.includes(label)) ?? labelSet.find((label) => !Object.hasOwn(thresholds, label));
  if (strange !== undefined) throw unusable(where, `thresholds for ${Object.keys(thresholds).join(', ')}`, `one for each of ${labelSet.join(', ')}`);
  return {
    thresholds: labelSet.map((label) => thresholds[label] ?? Infinity),
    ...(calibration === null ? {} : { calibration: labelSet.map((label) => calibration[label] ?? { slope: 1, intercept: 0 }) }),
  };
}

function parse(text: string, where: string): z.output<typeof schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const got = cause instanceof z.ZodError ? (cause.issues[0]?.message ?? '') : String(cause);
    throw unusable(where, got, 'the decision.json that training writes', cause);
  }
}

function unusable(where: string, got: string, expected: string, cause?: unknown): MmhsError {
  return new MmhsError('MMHS_LABELLER_DECISION', "The adapter's thresholds cannot be used", {
    where, got, expected, fix: 'remove the file, or tune again', ...(cause === undefined ? {} : { cause }),
  });
}
