import type { LabelSet, Sample } from '@mmhs/core';
import { occurringLabels } from '../class-names.ts';
import { inParallel } from '../in-parallel.ts';
import type { DataProblem } from '../problem.ts';
import { readSamples, type ReadSamplesOptions } from '../read-samples.ts';
import { examinePicture, type PictureDecoder, type PictureFacts, type PictureFailure } from './picture-facts.ts';
import { describeSplit, type SplitInspection } from './split-statistics.ts';
import { findTwins, type TwinsInspection } from './twins.ts';

/** Options of {@link inspectDataSet}. */
export interface InspectDataSetOptions {
  /** Files by the names of their splits, such as `{ train: 'train.csv' }`. */
  readonly splits: Readonly<Record<string, string>>;
  /** Label list; left out, the labels are those that occur, sorted. */
  readonly labelSet?: LabelSet | undefined;
  /** How to read the files: columns, picture folder and so on. Bad rows and unknown labels are reported. */
  readonly reading?: Pick<ReadSamplesOptions, 'format' | 'columns' | 'imageRoot' | 'requireLabels'>;
  /** Decodes pictures. Left out, pictures are not looked at. */
  readonly decode?: PictureDecoder | undefined;
  /** Pictures looked at at the same time. @default 4 */
  readonly concurrency?: number;
  /** Different bits of a 256-bit perceptual hash up to which pictures count as alike; at most, and by default, 15. */
  readonly maxDistance?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** What a data set is like; made of plain values, for JSON. */
export interface DataSetInspection {
  /** The label list that counts and tables are in the order of. */
  readonly labels: LabelSet;
  readonly splits: Readonly<Record<string, SplitInspection>>;
  readonly twins: TwinsInspection;
}

/**
 * Looks at a whole data set: labels and how they occur together, text lengths, picture formats and sizes, pictures that are
 * missing, damaged or named wrongly, and posts that occur more than once within or across splits. Bad rows do not stop it.
 *
 * @throws what `readSamples` throws about whole files.
 */
export async function inspectDataSet(options: InspectDataSetOptions): Promise<DataSetInspection> {
  const { splits, decode, maxDistance = 15 } = options;
  const read = new Map<string, { samples: readonly Sample[]; problems: readonly DataProblem[] }>();
  for (const [name, path] of Object.entries(splits)) read.set(name, await readSplit(path, options));
  const all = [...read.values()].flatMap(({ samples }) => samples);
  const labelSet = options.labelSet ?? occurringLabels(all);
  const pictures = decode === undefined ? new Map<string, never>() : await examinePictures(all, decode, options);
  return {
    labels: labelSet,
    splits: Object.fromEntries([...read].map(([name, split]) => [name, describeSplit({ ...split, labelSet, pictures })])),
    twins: findTwins(new Map([...read].map(([name, { samples }]) => [name, samples])), pictures, maxDistance),
  };
}

async function readSplit(
  path: string,
  { reading, labelSet, signal }: InspectDataSetOptions,
): Promise<{ readonly samples: Sample[]; readonly problems: DataProblem[] }> {
  const samples: Sample[] = [];
  const problems: DataProblem[] = [];
  const reader = readSamples({
    ...reading,
    path,
    onBadRow: 'skip',
    onUnknownLabel: 'drop',
    onProblem: (problem) => problems.push(problem),
    ...(labelSet !== undefined && { labelSet }),
    ...(signal !== undefined && { signal }),
  });
  for await (const sample of reader) samples.push(sample);
  return { samples, problems };
}

async function examinePictures(
  samples: readonly Sample[],
  decode: PictureDecoder,
  { concurrency = 4, onProgress, signal }: InspectDataSetOptions,
): Promise<Map<string, PictureFacts | PictureFailure>> {
  const paths = [...new Set(samples.map(({ imagePath }) => imagePath))].filter((path) => path !== undefined);
  const facts = new Map<string, PictureFacts | PictureFailure>();
  await inParallel(paths, { concurrency, signal }, async (path) => {
    facts.set(path, await examinePicture(path, decode, signal));
    onProgress?.({ done: facts.size, total: paths.length });
  });
  return facts;
}
