import { alignColumns } from '../align-columns.ts';
import type { DataSetInspection } from './inspect-data-set.ts';
import type { Spread } from './quantiles.ts';
import type { SplitInspection } from './split-statistics.ts';
import type { TwinsInspection } from './twins.ts';

const examplesShown = 3;

/** Writes an inspection as a text for people: tables, and the first few examples of everything odd. */
export function formatInspection(inspection: DataSetInspection): string {
  const splits = Object.entries(inspection.splits);
  return [
    section('Posts', formatLabels(inspection, splits)),
    section(`Labels that occur together (${splits[0]?.[0] ?? 'no split'})`, formatCoOccurrence(inspection, splits[0]?.[1])),
    section('Text length in characters', formatSpreads(splits, (split) => [['', split.textLength]])),
    section('Pictures', formatFormats(splits)),
    section('Picture sizes', formatSpreads(splits, ({ pictures }) => [
      ['width', pictures.width], ['height', pictures.height], ['aspect ratio', pictures.aspectRatio], ['bytes', pictures.fileBytes],
    ])),
    section('Odd pictures and rows', splits.flatMap(([name, split]) => formatOddities(name, split))),
    section('Posts with a twin', formatTwins(inspection.twins)),
  ].filter((text) => text !== '').join('\n\n').concat('\n');
}

type Splits = readonly (readonly [string, SplitInspection])[];

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n');
}

function formatLabels({ labels }: DataSetInspection, splits: Splits): string[] {
  const names = splits.map(([name]) => name);
  const share = (count: number, split: SplitInspection): string =>
    `${count} ${split.posts === 0 ? '' : `(${((100 * count) / split.posts).toFixed(1)} %)`}`.trim();
  const row = (name: string, pick: (split: SplitInspection) => number): string[] => [
    name, ...splits.map(([, split]) => share(pick(split), split)),
  ];
  const counts = [...new Set(splits.flatMap(([, split]) => Object.keys(split.labelsPerPost)))].sort((a, b) => Number(a) - Number(b));
  return alignColumns([
    ['', ...names],
    ['posts', ...splits.map(([, split]) => String(split.posts))],
    ...labels.map((label) => row(label, (split) => split.labels[label] ?? 0)),
    ...counts.map((count) => row(`${count} ${count === '1' ? 'label' : 'labels'}`, (split) => split.labelsPerPost[count] ?? 0)),
    row('without text', (split) => split.withoutText),
    row('without picture', (split) => split.withoutPicture),
  ]);
}

/** Wider tables fit no terminal; the JSON report has them. */
const widestTable = 12;

function formatCoOccurrence({ labels }: DataSetInspection, split: SplitInspection | undefined): string[] {
  if (split === undefined || labels.length < 2) return [];
  if (labels.length > widestTable) return [`${labels.length} labels: see the JSON report`];
  return alignColumns([['', ...labels], ...labels.map((label, index) => [label, ...(split.coOccurrence[index] ?? []).map(String)])]);
}

function formatSpreads(splits: Splits, pick: (split: SplitInspection) => readonly (readonly [string, Spread | undefined])[]): string[] {
  const rows = splits.flatMap(([name, split]) =>
    pick(split).flatMap(([what, spread]) => {
      if (spread === undefined) return [];
      const { min, p5, median, p95, max, mean } = spread;
      return [[`${name} ${what}`.trim(), ...[min, p5, median, p95, max, mean].map((value) => String(Number(value.toFixed(2))))]];
    }),
  );
  return rows.length === 0 ? [] : alignColumns([['', 'min', '5 %', 'median', '95 %', 'max', 'mean'], ...rows]);
}

function formatFormats(splits: Splits): string[] {
  const formats = [...new Set(splits.flatMap(([, { pictures }]) => Object.keys(pictures.formats)))].sort();
  if (formats.length === 0) return [];
  return alignColumns([
    ['', 'files', ...formats, 'missing', 'damaged', 'wrong extension'],
    ...splits.map(([name, { pictures }]) => [
      name,
      ...[
        pictures.files, ...formats.map((format) => pictures.formats[format] ?? 0), pictures.missing.length, pictures.corrupt.length,
        pictures.mislabelled.length,
      ].map(String),
    ]),
  ]);
}

function formatOddities(name: string, { pictures, problems }: SplitInspection): string[] {
  const list = (what: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : [
      `${name}: ${items.length} ${what}`,
      ...items.slice(0, examplesShown).map((item) => `  ${item}`),
      ...(items.length > examplesShown ? ['  ...'] : []),
    ];
  return [
    ...list('rows left out or labels dropped', problems.map(({ reason }) => reason)),
    ...list('pictures missing', pictures.missing),
    ...list('pictures damaged', pictures.corrupt.map(({ path, reason }) => (reason.startsWith(path) ? reason : `${path}: ${reason}`))),
    ...list('pictures with the wrong extension', pictures.mislabelled.map(({ path, format }) => `${path} is ${format}`)),
  ];
}

function formatTwins({ counts, contradictions }: TwinsInspection): string[] {
  const rows = counts.filter((count) => count.samePicture + count.similarPicture + count.sameText > 0);
  if (rows.length === 0) return ['none'];
  const table = alignColumns([
    ['', 'same picture', 'similar picture', 'same text'],
    ...rows.map(({ split, other, samePicture, similarPicture, sameText }) => [
      split === other ? `within ${split}` : `${split} in ${other}`, ...[samePicture, similarPicture, sameText].map(String),
    ]),
  ]);
  if (contradictions.length === 0) return table;
  return [...table, `${contradictions.length} groups with the same picture and text have different labels`];
}
