import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MmhsError } from '@mmhs/core';
import { readMetricsLog, type MetricsRow } from '@mmhs/trainer';
import { z } from 'zod';

/** What is known of the run that an adapter came from. */
export interface RunRecord {
  /** `config.resolved.json`. */
  readonly where: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Its history, oldest first. */
  readonly metrics: readonly MetricsRow[];
}

const resolvedConfig = z.object({ config: z.record(z.string(), z.unknown()) });

/**
 * Reads the record of the run whose folder an adapter lies in; undefined where that folder is none of a run.
 *
 * @throws MmhsError `MMHS_CONFIG_INVALID` when the record is damaged.
 */
export async function readRunRecord(adapterFolder: string): Promise<RunRecord | undefined> {
  const folder = dirname(adapterFolder);
  const where = join(folder, 'config.resolved.json');
  const text = await readFile(where, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  return { where, config: parse(text, where), metrics: await readMetricsLog({ path: join(folder, 'metrics.jsonl') }) };
}

function parse(text: string, where: string): Readonly<Record<string, unknown>> {
  try {
    return resolvedConfig.parse(JSON.parse(text)).config;
  } catch (cause) {
    throw new MmhsError('MMHS_CONFIG_INVALID', "The run's record cannot be read", {
      where, expected: 'the config.resolved.json that training writes', fix: 'remove it and name the data by flags', cause,
    });
  }
}
