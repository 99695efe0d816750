/** A piece of text as symbols that are merged step by step, and how often it occurs. */
export interface Piece {
  symbols: string[];
  readonly count: number;
}

/**
 * Learns byte-pair merges: again and again the most frequent pair of neighbouring symbols becomes one symbol (Sennrich et
 * al. 2016, https://arxiv.org/abs/1508.07909). Equally frequent pairs are taken in code unit order. The pieces are
 * changed in place.
 *
 * @param options.limit - Largest number of merges; fewer when no pair is left.
 */
export function learnMerges(options: { readonly pieces: readonly Piece[]; readonly limit: number }): [string, string][] {
  const { pieces, limit } = options;
  const merges: [string, string][] = [];
  while (merges.length < limit) {
    const pair = mostFrequentPair(pieces);
    if (pair === undefined) break;
    merges.push(pair);
    for (const piece of pieces) piece.symbols = applyMerge(piece.symbols, pair);
  }
  return merges;
}

/** Replaces every occurrence of a pair, from left to right. */
export function applyMerge(symbols: readonly string[], [left, right]: readonly [string, string]): string[] {
  const merged: string[] = [];
  for (let index = 0; index < symbols.length; index += 1) {
    if (symbols[index] === left && symbols[index + 1] === right) {
      merged.push(left + right);
      index += 1;
    } else {
      merged.push(symbols[index] ?? '');
    }
  }
  return merged;
}

function mostFrequentPair(pieces: readonly Piece[]): [string, string] | undefined {
  // Symbols never hold a line break: the byte alphabet below writes it as another character.
  const counts = new Map<string, number>();
  for (const { symbols, count } of pieces) {
    for (let index = 1; index < symbols.length; index += 1) {
      const pair = `${symbols[index - 1]}\n${symbols[index]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  for (const [pair, count] of counts) {
    const most = best === undefined ? 0 : (counts.get(best) ?? 0);
    if (count > most || (count === most && best !== undefined && pair < best)) best = pair;
  }
  const [left, right] = best?.split('\n') ?? [];
  return left === undefined || right === undefined ? undefined : [left, right];
}

/** GPT-2's printable stand-ins for the 256 bytes: printable Latin-1 characters are themselves, the rest come after U+00FF. */
export const byteAlphabet: readonly string[] = makeByteAlphabet();

function makeByteAlphabet(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

/** A text's bytes in that alphabet. */
export function toByteSymbols(text: string): string[] {
  return [...Buffer.from(text, 'utf8')].map((byte) => byteAlphabet[byte] ?? '');
}

const gpt2Pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Cuts a text as SmolLM2's tokenizer does before merging: digits one by one, then GPT-2's pattern. */
export function splitIntoPieces(text: string): string[] {
  return text.split(/(\p{N})/u).flatMap((part) => part.match(gpt2Pattern) ?? []);
}
