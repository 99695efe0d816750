import { MmhsError, type Sample } from '@mmhs/core';
import type { DataProblem } from './problem.ts';
import { readSamples, type ReadSamplesOptions } from './read-samples.ts';

/** A whole split in memory. */
export interface LoadedSplit {
  readonly samples: readonly Sample[];
  /** Rows skipped and labels dropped, in file order. */
  readonly problems: readonly DataProblem[];
}

/**
 * Reads a whole split (see {@link readSamples}) and keeps the list of what was skipped or dropped.
 *
 * @throws MmhsError `MMHS_DATA_NO_SAMPLES` when not a single post is left, and everything `readSamples` throws.
 */
export async function loadSplit(options: ReadSamplesOptions): Promise<LoadedSplit> {
  const samples: Sample[] = [];
  const problems: DataProblem[] = [];
  const onProblem = (problem: DataProblem): void => {
    problems.push(problem);
    options.onProblem?.(problem);
  };
  for await (const sample of readSamples({ ...options, onProblem })) samples.push(sample);
  if (samples.length > 0) return { samples, problems };
  throw new MmhsError('MMHS_DATA_NO_SAMPLES', 'The file holds no usable post', {
    where: options.path,
    got: problems.length === 0 ? 'no rows' : `${problems.length} bad rows, the first: ${problems[0]?.reason}`,
    expected: 'at least one post',
  });
}
