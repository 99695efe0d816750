import { isSpace } from './characters.ts';

/** Recognises labels in what a model wrote. */
export interface LabelMatcher {
  /** Longer text is no label. */
  readonly longestText: number;
  /** Whether text with a quote in it, of any shape, may be a label. */
  readonly mayHoldQuotes: boolean;
  /** Index of the label spelled exactly so, or -1. */
  exact(text: string): number;
  /** Index of the label meant, or -1: as `exact` unless matching is forgiving. */
  find(text: string): number;
  /** Indices when `text` is several labels with separators between them and nothing else; undefined otherwise. */
  split(text: string, separators: LabelSeparators): number[] | undefined;
}

/** How labels are compared: letter by letter, or regardless of case, spacing and the shape of quotes. */
export type LabelMatching = 'exact' | 'forgiving';

/** Which UTF-16 units may stand between several labels in one string. */
export type LabelSeparators = (code: number) => boolean;

/** Separators of labels inside quotes. */
export const quotedSeparators: LabelSeparators = /* @__PURE__ */ separateAt(',;|\n"“”');
/** Separators of labels without quotes. */
export const bareSeparators: LabelSeparators = /* @__PURE__ */ separateAt(',;|/', isSpace);

// Longer than this, a string is prose and not worth taking apart.
const longestSplit = 4096;

/** Prepares the recognition of `labels`. Labels that differ only in what forgiving matching ignores match exactly only. */
export function createLabelMatcher(labels: readonly string[], matching: LabelMatching): LabelMatcher {
  const indices = new Map(labels.map((label, index) => [label, index]));
  const folded = matching === 'forgiving' ? createFoldedLabels(labels) : undefined;
  // Folding shortens text: runs of blanks, letters with their accents apart. Refusing long text by its length alone keeps
  // the scanner linear.
  const longestText = 4 * labels.reduce((longest, label) => Math.max(longest, label.length), 0) + 64;
  const mayHoldQuotes = labels.some((label) => /["']/.test(fold(label)));

  const exact = (text: string): number => indices.get(text) ?? -1;
  const find = (text: string): number => {
    if (text === '' || text.length > longestText) return -1;
    return indices.get(text) ?? folded?.find(text) ?? -1;
  };
  const split = (text: string, separators: LabelSeparators): number[] | undefined => {
    if (folded === undefined || text === '' || text.length > longestSplit) return undefined;
    return splitLabels(text, separators, find);
  };
  return { longestText, mayHoldQuotes, exact, find, split };
}

// Spellings whose label is remembered: folding is the slow part of matching, and models repeat themselves.
const mostSpellings = 4096;

/** Labels by their folded form. */
function createFoldedLabels(labels: readonly string[]): Pick<LabelMatcher, 'find'> {
  const indices = new Map<string, number>();
  labels.forEach((label, index) => {
    const key = fold(label);
    indices.set(key, indices.has(key) ? -1 : index); // labels that share it match exactly only
  });
  const mayMatch = createFirstCharacterTest(indices.keys());
  const spellings = new Map<string, number>();
  const find = (text: string): number => {
    if (!mayMatch(text)) return -1;
    const known = spellings.get(text);
    if (known !== undefined) return known;
    const index = indices.get(fold(text)) ?? -1;
    if (spellings.size < mostSpellings) spellings.set(text, index);
    return index;
  };
  return { find };
}

const firstCombining = 0x300;

/** Tells by its first character whether a text may fold to one of the keys, so that most need not be folded. */
function createFirstCharacterTest(keys: Iterable<string>): (text: string) => boolean {
  const beginnings = new Set(Array.from(keys, (key) => key.charCodeAt(0)));
  const isBeginning = new Map<number, boolean>();
  return (text) => {
    if (text.charCodeAt(1) >= firstCombining) return true; // the two may fold to one
    const first = text.charCodeAt(0);
    const known = isBeginning.get(first);
    if (known !== undefined) return known;
    const folded = fold(text.slice(0, 1));
    const result = folded === '' || beginnings.has(folded.charCodeAt(0));
    isBeginning.set(first, result);
    return result;
  };
}

function separateAt(characters: string, isOther: LabelSeparators = () => false): LabelSeparators {
  const separators = new Set(Array.from(characters, (character) => character.charCodeAt(0)));
  return (code) => separators.has(code) || isOther(code);
}

/** Gives up at the first part that is no label, so that prose costs little. */
function splitLabels(text: string, isSeparator: LabelSeparators, find: (text: string) => number): number[] | undefined {
  const found: number[] = [];
  let start = 0;
  for (let end = 0; end <= text.length; end += 1) {
    if (end < text.length && !isSeparator(text.charCodeAt(end))) continue;
    if (end === text.length && start === 0) return undefined; // no separator at all
    const part = text.slice(start, end);
    start = end + 1;
    if (part.trim() === '') continue;
    const index = find(part);
    if (index < 0) return undefined;
    found.push(index);
  }
  return found.length > 0 ? found : undefined;
}

// Each is tested before the work it would cost, which most text does not need.
const ascii = /^[\0-\x7f]*$/;
const oddQuotes = /[´‘’‚‛“”„‟«»]/;
const foldedAway = /[\s_`-]/;

/** What forgiving matching compares: lower case, one shape of quotes and spaces, accents in one way. */
function fold(text: string): string {
  const lower = (ascii.test(text) ? text : foldUnicode(text)).toLowerCase();
  if (!foldedAway.test(lower)) return lower;
  return lower
    .replaceAll('`', "'")
    .replace(/[\s_-]+/g, ' ')
    .trim();
}

function foldUnicode(text: string): string {
  if (!oddQuotes.test(text)) return text.normalize('NFKC');
  return text
    .replaceAll('´', "'") // NFKC would take it for a blank and an accent
    .normalize('NFKC')
    .replace(/[‘’‚‛]/g, "'")
    .replace(/[“”„‟«»]/g, '"');
}
