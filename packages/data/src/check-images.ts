import { MmhsError, type Sample } from '@mmhs/core';
import { toProblem, type DataProblem } from './problem.ts';

/** Options of {@link checkImages}. */
export interface CheckImagesOptions {
  readonly samples: readonly Sample[];
  /** Rejects when the picture cannot be used, for example by decoding it. */
  readonly decode: (path: string, options: { readonly signal: AbortSignal | undefined }) => Promise<unknown>;
  /**
   * What to do about unusable pictures: fail once all are checked, leave those posts out, or keep them and have the
   * caller show a blank picture. @default 'error'
   */
  readonly onBadImage?: 'error' | 'skip' | 'blank';
  /** Pictures checked at the same time. @default 4 */
  readonly concurrency?: number;
  readonly onProgress?: (progress: { readonly checked: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** What {@link checkImages} found. */
export interface CheckedImages {
  /** The posts to use: all of them, without the skipped ones. */
  readonly samples: readonly Sample[];
  /** Pictures to be replaced by a blank one (`'blank'` only). */
  readonly blankImages: ReadonlySet<string>;
  /** One entry for each post with an unusable picture, in order. */
  readonly problems: readonly DataProblem[];
}

/**
 * Checks every picture before it is needed; one used by several posts is checked once.
 *
 * @throws MmhsError `MMHS_DATA_BAD_IMAGE` naming the first ones and their number, under `onBadImage: 'error'`.
 */
export async function checkImages(options: CheckImagesOptions): Promise<CheckedImages> {
  const { samples, onBadImage = 'error' } = options;
  const failures = await findFailures(options);
  const problems = samples.flatMap((sample) => {
    const failure = sample.imagePath === undefined ? undefined : failures.get(sample.imagePath);
    return failure === undefined ? [] : [toProblem('image', badImage(sample, failure))];
  });
  if (problems.length > 0 && onBadImage === 'error') throw badImages(problems, samples.length);
  const usable = (sample: Sample): boolean => sample.imagePath === undefined || !failures.has(sample.imagePath);
  return {
    samples: onBadImage === 'skip' ? samples.filter(usable) : samples,
    blankImages: new Set(failures.keys()),
    problems,
  };
}

async function findFailures(options: CheckImagesOptions): Promise<Map<string, string>> {
  const { samples, decode, concurrency = 4, onProgress, signal } = options;
  const paths = [...new Set(samples.map((sample) => sample.imagePath).filter((path) => path !== undefined))];
  const failures = new Map<string, string>();
  const queue = paths.values();
  let checked = 0;
  const work = async (): Promise<void> => {
    for (const path of queue) {
      signal?.throwIfAborted();
      try {
        await decode(path, { signal });
      } catch (error) {
        signal?.throwIfAborted();
        failures.set(path, error instanceof Error ? error.message : String(error));
      }
      checked += 1;
      onProgress?.({ checked, total: paths.length });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return failures;
}

function badImage(sample: Sample, reason: string): MmhsError {
  const path = sample.imagePath ?? '';
  return new MmhsError('MMHS_DATA_BAD_IMAGE', 'The picture cannot be used', {
    where: sample.source,
    got: reason.startsWith(path) ? reason : `${path}: ${reason}`,
  });
}

const problemsShown = 5;

function badImages(problems: readonly DataProblem[], total: number): MmhsError {
  const shown = problems.slice(0, problemsShown).map((problem) => problem.reason);
  const more = problems.length > problemsShown ? [`and ${problems.length - problemsShown} more`] : [];
  return new MmhsError('MMHS_DATA_BAD_IMAGE', `The pictures of ${problems.length} of ${total} posts cannot be used`, {
    got: [...shown, ...more].join('\n  '),
    expected: 'pictures that can be read and decoded',
    fix: "repair or remove them, or choose 'skip' or 'blank' for bad images",
  });
}
