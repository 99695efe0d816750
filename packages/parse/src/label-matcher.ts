/** Recognises labels in what a model wrote. */
export interface LabelMatcher {
  /** Index of the label spelled exactly so, or -1. */
  exact(text: string): number;
  /** Index of the label meant, or -1: as `exact` unless matching is forgiving. */
  find(text: string): number;
  /** Indices when `text` is several labels with separators between them and nothing else; undefined otherwise. */
  split(text: string, separators: RegExp): number[] | undefined;
}

/** How labels are compared: letter by letter, or regardless of case, spacing and the shape of quotes. */
export type LabelMatching = 'exact' | 'forgiving';

// Folding is the slow part of matching, and models repeat themselves.
const mostRemembered = 1000;

// Longer than this, a string is prose and not worth taking apart.
const longestSplit = 4096;

/** Prepares the recognition of `labels`. Labels that differ only in what forgiving matching ignores match exactly only. */
export function createLabelMatcher(labels: readonly string[], matching: LabelMatching): LabelMatcher {
  const indices = new Map(labels.map((label, index) => [label, index]));
  const folded = new Map<string, number>();
  const remembered = new Map<string, number>();
  const longest = Math.max(0, ...labels.map((label) => label.length));
  if (matching === 'forgiving') {
    labels.forEach((label, index) => {
      const key = fold(label);
      folded.set(key, folded.has(key) ? -1 : index);
    });
  }
  const exact = (text: string): number => indices.get(text) ?? -1;
  const find = (text: string): number => {
    // Long text is no label; refusing it by length alone keeps the scanner linear.
    if (text === '' || text.length > 4 * longest + 64) return -1;
    const index = exact(text);
    if (index >= 0 || matching === 'exact') return index;
    let found = remembered.get(text);
    if (found === undefined) {
      found = folded.get(fold(text)) ?? -1;
      if (remembered.size < mostRemembered) remembered.set(text, found);
    }
    return found;
  };
  const split = (text: string, separators: RegExp): number[] | undefined => {
    if (matching === 'exact' || text === '' || text.length > longestSplit) return undefined;
    if (!separators.test(text)) return undefined;
    const parts = text.split(separators).filter((part) => part.trim() !== '');
    const found = parts.map(find);
    return found.length > 0 && found.every((index) => index >= 0) ? found : undefined;
  };
  return { exact, find, split };
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[‘’‚‛`´]/g, "'")
    .replace(/[“”„‟«»]/g, '"')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
}
