import type { LabelSet, Sample } from '@mmhs/core';
import type { DataProblem } from '../problem.ts';
import type { PictureFacts, PictureFailure } from './picture-facts.ts';
import { spreadOf, type Spread } from './quantiles.ts';

/** What one split of a data set is like. */
export interface SplitInspection {
  readonly posts: number;
  readonly withoutText: number;
  readonly withoutPicture: number;
  /** Posts with each label. */
  readonly labels: Readonly<Record<string, number>>;
  readonly withoutLabel: number;
  /** Posts by their number of labels. */
  readonly labelsPerPost: Readonly<Record<string, number>>;
  /** Posts with labels i and j (`[i][j]`), in the order of the label list; the diagonal counts posts with label i. */
  readonly coOccurrence: readonly (readonly number[])[];
  /** Characters (code points) of texts; undefined when there is none. */
  readonly textLength: Spread | undefined;
  readonly pictures: PicturesInspection;
  /** Rows left out and labels dropped by the reader. */
  readonly problems: readonly DataProblem[];
}

/** What the pictures of a split are like. */
export interface PicturesInspection {
  /** Different files. */
  readonly files: number;
  /** Files of each format, by content. */
  readonly formats: Readonly<Record<string, number>>;
  /** Pixels. */
  readonly width: Spread | undefined;
  readonly height: Spread | undefined;
  /** Longer side by shorter side. */
  readonly aspectRatio: Spread | undefined;
  readonly fileBytes: Spread | undefined;
  readonly missing: readonly string[];
  /** Files that cannot be decoded, and why. */
  readonly corrupt: readonly { readonly path: string; readonly reason: string }[];
  /** Files whose extension belongs to another format. */
  readonly mislabelled: readonly { readonly path: string; readonly format: string }[];
}

/** @internal */
export function describeSplit(options: {
  readonly samples: readonly Sample[];
  readonly problems: readonly DataProblem[];
  readonly labelSet: LabelSet;
  readonly pictures: ReadonlyMap<string, PictureFacts | PictureFailure>;
}): SplitInspection {
  const { samples, problems, labelSet, pictures } = options;
  const index = new Map(labelSet.map((label, position) => [label, position]));
  const coOccurrence = labelSet.map(() => labelSet.map(() => 0));
  const labelsPerPost: Record<string, number> = {};
  for (const { labels } of samples) {
    labelsPerPost[labels.length] = (labelsPerPost[labels.length] ?? 0) + 1;
    for (const first of labels) {
      const row = coOccurrence[index.get(first) ?? -1];
      if (row === undefined) continue;
      for (const second of labels) row[index.get(second) ?? 0]! += 1;
    }
  }
  const texts = samples.filter(({ text }) => text !== '');
  return {
    posts: samples.length,
    withoutText: samples.length - texts.length,
    withoutPicture: samples.filter(({ imagePath }) => imagePath === undefined).length,
    labels: Object.fromEntries(labelSet.map((label, position) => [label, coOccurrence[position]?.[position] ?? 0])),
    withoutLabel: labelsPerPost[0] ?? 0,
    labelsPerPost,
    coOccurrence,
    textLength: spreadOf(texts.map(({ text }) => codePoints(text))),
    pictures: describePictures(samples, pictures),
    problems,
  };
}

function describePictures(
  samples: readonly Sample[],
  pictures: ReadonlyMap<string, PictureFacts | PictureFailure>,
): PicturesInspection {
  const paths = [...new Set(samples.map(({ imagePath }) => imagePath))].filter((path) => path !== undefined);
  const formats: Record<string, number> = {};
  const missing: string[] = [];
  const corrupt: { path: string; reason: string }[] = [];
  const mislabelled: { path: string; format: string }[] = [];
  const good: PictureFacts[] = [];
  for (const path of paths) {
    const facts = pictures.get(path);
    if (facts === undefined) continue;
    if ('failure' in facts) {
      if (facts.failure === 'missing') missing.push(path);
      else corrupt.push({ path, reason: facts.reason });
      continue;
    }
    good.push(facts);
    formats[facts.format] = (formats[facts.format] ?? 0) + 1;
    if (facts.isMislabelled) mislabelled.push({ path, format: facts.format });
  }
  return {
    files: paths.length,
    formats,
    width: spreadOf(good.map(({ width }) => width)),
    height: spreadOf(good.map(({ height }) => height)),
    aspectRatio: spreadOf(good.map(({ width, height }) => Math.max(width, height) / Math.min(width, height))),
    fileBytes: spreadOf(good.map(({ bytes }) => bytes)),
    missing,
    corrupt,
    mislabelled,
  };
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
