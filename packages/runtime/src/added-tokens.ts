/** A token that is looked for in the text before the vocabulary is, as `tokenizer.json` lists it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Whether it is looked for after normalisation. */
  readonly normalized: boolean;
  /** Whether blanks on its left belong to it. */
  readonly lstrip: boolean;
  /** Whether blanks on its right belong to it. */
  readonly rstrip: boolean;
}

/** A stretch of text, or an added token found in it. */
export type Piece = { readonly text: string } | { readonly id: number };

/**
 * Makes a function that cuts a text at added tokens: leftmost first, the longest at each place.
 *
 * @param options.contentOf - what to look for: the token's name, or its normalised form.
 */
export function addedTokenSplitter(options: {
  readonly tokens: readonly AddedToken[];
  readonly contentOf: (token: AddedToken) => string;
}): (text: string) => Piece[] {
  const byContent = new Map<string, AddedToken>();
  for (const token of options.tokens) byContent.set(options.contentOf(token), token);
  byContent.delete('');
  if (byContent.size === 0) return (text) => (text === '' ? [] : [{ text }]);
  const longestFirst = [...byContent].sort(([left], [right]) => right.length - left.length);
  const pattern = new RegExp(longestFirst.map(([content, token]) => patternOf(content, token)).join('|'), 'gu');

  return (text) => {
    const pieces: Piece[] = [];
    let start = 0;
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0]) ?? byContent.get(match[0].trim());
      if (token === undefined) continue;
      if (match.index > start) pieces.push({ text: text.slice(start, match.index) });
      pieces.push({ id: token.id });
      start = match.index + match[0].length;
    }
    if (start < text.length) pieces.push({ text: text.slice(start) });
    return pieces;
  };
}

function patternOf(content: string, token: AddedToken): string {
  const escaped = content.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
  return `${token.lstrip ? '\\s*' : ''}${escaped}${token.rstrip ? '\\s*' : ''}`;
}
