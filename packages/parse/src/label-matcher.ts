/** Recognises labels in what a model wrote. */
export interface LabelMatcher {
  /** Longer text is no label. */
  readonly longestText: number;
  /** Index of the label spelled exactly so, or -1. */
  exact(text: string): number;
  /** Index of the label meant, or -1: as `exact` unless matching is forgiving. */
  find(text: string): number;
  /** Indices when `text` is several labels with separators between them and nothing else; undefined otherwise. */
  split(text: string, separators: LabelSeparators): number[] | undefined;
}

/** How labels are compared: letter by letter, or regardless of case, spacing and the shape of quotes. */
export type LabelMatching = 'exact' | 'forgiving';

/** What may stand between several labels in one string: a global expression. */
export type LabelSeparators = RegExp & { readonly global: true };

/** Separators of labels inside quotes. */
export const quotedSeparators = /[,;|\n"“”]+/g as LabelSeparators;
/** Separators of labels without quotes. */
export const bareSeparators = /[\s,;|/]+/g as LabelSeparators;

// Longer than this, a string is prose and not worth taking apart.
const longestSplit = 4096;

/** Prepares the recognition of `labels`. Labels that differ only in what forgiving matching ignores match exactly only. */
export function createLabelMatcher(labels: readonly string[], matching: LabelMatching): LabelMatcher {
  const indices = new Map(labels.map((label, index) => [label, index]));
  const folded = matching === 'forgiving' ? createFoldedLabels(labels) : undefined;
  // Folding shortens text: runs of blanks, letters with their accents apart. Refusing long text by its length alone keeps
  // the scanner linear.
  const longestText = 4 * Math.max(0, ...labels.map((label) => label.length)) + 64;

  const exact = (text: string): number => indices.get(text) ?? -1;
  const find = (text: string): number => {
    if (text === '' || text.length > longestText) return -1;
    const index = exact(text);
    return index >= 0 || folded === undefined ? index : folded.find(text);
  };
  const split = (text: string, separators: LabelSeparators): number[] | undefined => {
    if (folded === undefined || text === '' || text.length > longestSplit) return undefined;
    return splitLabels(text, separators, find);
  };
  return { longestText, exact, find, split };
}

/** Labels by their folded form. Folding is the slow part of matching, so that most text is refused before it. */
function createFoldedLabels(labels: readonly string[]): Pick<LabelMatcher, 'find'> {
  const indices = new Map<string, number>();
  labels.forEach((label, index) => {
    const key = fold(label);
    indices.set(key, indices.has(key) ? -1 : index); // labels that share it match exactly only
  });
  const firstCharacters = new Set([...indices.keys()].map((key) => key.charCodeAt(0)));
  const haveQuotes = [...indices.keys()].some((key) => /["']/.test(key));
  const cannotMatch = (text: string): boolean =>
    ascii.test(text) && (!firstCharacters.has(firstFolded(text)) || (!haveQuotes && /["'`]/.test(text)));
  return { find: (text) => (cannotMatch(text) ? -1 : (indices.get(fold(text)) ?? -1)) };
}

/** The first character of an ASCII text's folded form; NaN when there is none. */
function firstFolded(text: string): number {
  const code = text.charCodeAt(text.search(/[^\s_-]/));
  if (code === 96) return 39; // a backtick counts as an apostrophe
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Gives up at the first part that is no label, so that prose costs little. */
function splitLabels(text: string, separators: LabelSeparators, find: (text: string) => number): number[] | undefined {
  const found: number[] = [];
  let start = 0;
  let isLast = false;
  separators.lastIndex = 0;
  while (!isLast) {
    const separator = separators.exec(text);
    isLast = separator === null;
    if (isLast && start === 0) return undefined; // no separator at all
    const part = text.slice(start, separator?.index);
    start = separators.lastIndex;
    if (part.trim() === '') continue;
    const index = find(part);
    if (index < 0) return undefined;
    found.push(index);
  }
  return found.length > 0 ? found : undefined;
}

const ascii = /^[\0-\x7f]*$/;

function fold(text: string): string {
  const plain = ascii.test(text) ? text : foldUnicode(text);
  return plain
    .replaceAll('`', "'")
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
}

function foldUnicode(text: string): string {
  return text
    .replaceAll('´', "'") // NFKC would take it for a blank and an accent
    .normalize('NFKC')
    .replace(/[‘’‚‛]/g, "'")
    .replace(/[“”„‟«»]/g, '"');
}
