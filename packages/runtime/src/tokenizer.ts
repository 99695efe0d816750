import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { MmhsError, type Tokenizer } from '@mmhs/core';
import { addedTokenSplitter, type AddedToken } from './added-tokens.ts';
import { isObject } from './json-access.ts';

/**
 * Makes a tokenizer of a checkpoint's parsed `tokenizer.json` (and `tokenizer_config.json`).
 *
 * Nothing is added automatically: no beginning-of-sequence token, no template. `encode` reads special-token names inside
 * a text as ordinary text unless told `specialTokens: 'parse'`; added tokens that are not special (Gemma's line breaks)
 * are matched either way, as Hugging Face's `split_special_tokens` does. `decode` leaves out ids that have no token.
 *
 * @throws MmhsError `MMHS_TOKENIZER_INVALID` when the JSON is not a tokenizer that can be read.
 */
export function createTokenizer(options: { readonly tokenizer: unknown; readonly tokenizerConfig?: unknown }): Tokenizer {
  const { tokenizer, tokenizerConfig } = options;
  if (!isObject(tokenizer)) throw invalid(tokenizer === undefined ? 'no tokenizer.json' : typeof tokenizer);
  const config = isObject(tokenizerConfig) ? tokenizerConfig : {};
  const addedTokens = readAddedTokens(tokenizer);
  const library = open(tokenizer, config);
  const encoders = {
    parse: textEncoder(library, addedTokens),
    literal: textEncoder(library, addedTokens.filter((token) => !token.special)),
  };
  const decoder = idDecoder(library, {
    specialIds: new Set(addedTokens.filter((token) => token.special).map((token) => token.id)),
    byteFallback: JSON.stringify(tokenizer.decoder ?? null).includes('"ByteFallback"'),
  });

  return {
    encode: (text, { specialTokens = 'literal' } = {}) => encoders[specialTokens](text),
    decode: (ids, { keepSpecialTokens = false } = {}) => decoder(ids, keepSpecialTokens),
    specialId(token) {
      const id = addedTokens.find((added) => added.content === token)?.id ?? library.token_to_id(token);
      if (id !== undefined) return id;
      throw new MmhsError('MMHS_TOKENIZER_UNKNOWN_TOKEN', 'The tokenizer has no such special token', {
        got: JSON.stringify(token),
        expected: `one of its ${addedTokens.length} added tokens`,
        fix: 'check that tokenizer.json belongs to this model family',
      });
    },
  };
}

/**
 * The library's own `encode` takes a normalised stretch of text for an added token when the two look alike (three spaces
 * for Gemma's `▁▁▁`), so the steps are run one by one: cut, normalise, cut, pre-tokenise, apply the model.
 */
function textEncoder(library: LibraryTokenizer, tokens: readonly AddedToken[]): (text: string) => number[] {
  const { normalizer, pre_tokenizer: preTokenizer, model } = library;
  if (model === null) throw invalid('no model');
  const normalize = (text: string): string => (normalizer === null ? text : normalizer(text));
  const cutRaw = addedTokenSplitter({ tokens: tokens.filter((t) => !t.normalized), contentOf: (t) => t.content });
  const cutNormalized = addedTokenSplitter({
    tokens: tokens.filter((t) => t.normalized),
    contentOf: (t) => normalize(t.content),
  });

  const encodeWords = (text: string, section: number): number[] => {
    const words: string[] = preTokenizer === null ? [text] : preTokenizer(text, { section_index: section });
    return model(words).map((token: string) => {
      const id = model.tokens_to_ids.get(token) ?? model.unk_token_id;
      if (id !== undefined) return id;
      throw new MmhsError('MMHS_TOKENIZER_INVALID', 'The vocabulary has no id for a piece of text', {
        got: JSON.stringify(token),
        expected: 'a byte-level or byte-fallback vocabulary, or an unknown token',
      });
    });
  };
  return (text) =>
    cutRaw(text).flatMap((piece, section) =>
      'id' in piece
        ? [piece.id]
        : cutNormalized(normalize(piece.text)).flatMap((part) => ('id' in part ? [part.id] : encodeWords(part.text, section))),
    );
}

function idDecoder(
  library: LibraryTokenizer,
  { specialIds, byteFallback }: { specialIds: ReadonlySet<number>; byteFallback: boolean },
): (ids: readonly number[], keepSpecialTokens: boolean) => string {
  const { decoder } = library;
  return (ids, keepSpecialTokens) => {
    const tokens: string[] = [];
    for (const id of ids) {
      // A model's vocabulary may be larger than its tokenizer's.
      const token = library.id_to_token(id);
      if (token !== undefined && (keepSpecialTokens || !specialIds.has(id))) tokens.push(token);
    }
    if (tokens.length === 0) return '';
    if (decoder === null) return tokens.join(' ');
    return decoder(byteFallback ? replaceInvalidBytes(tokens) : tokens);
  };
}

const byteToken = /^<0x([0-9A-Fa-f]{2})>$/u;

/** The reference turns a run of byte tokens that is not valid UTF-8 into one U+FFFD a byte; the library does otherwise. */
function replaceInvalidBytes(tokens: readonly string[]): string[] {
  const result: string[] = [];
  let start = 0;
  while (start < tokens.length) {
    let end = start;
    while (end < tokens.length && byteToken.test(tokens[end] ?? '')) end += 1;
    const run = tokens.slice(start, end);
    result.push(...(isValidUtf8(run) ? run : run.map(() => '\uFFFD')));
    if (end < tokens.length) result.push(tokens[end] ?? '');
    start = end + 1;
  }
  return result;
}

function isValidUtf8(run: readonly string[]): boolean {
  const bytes = Uint8Array.from(run, (token) => Number.parseInt(token.slice(3, 5), 16));
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function readAddedTokens(tokenizer: Record<string, unknown>): AddedToken[] {
  const tokens = tokenizer.added_tokens ?? [];
  if (!Array.isArray(tokens)) throw invalid('an `added_tokens` that is not a list');
  return tokens.map((token: unknown, index) => {
    if (!isObject(token) || typeof token.content !== 'string' || typeof token.id !== 'number') {
      throw invalid(`added token ${index} without content or id`);
    }
    return {
      id: token.id,
      content: token.content,
      special: token.special === true,
      normalized: token.normalized === true,
      lstrip: token.lstrip === true,
      rstrip: token.rstrip === true,
    };
  });
}

function open(tokenizer: Record<string, unknown>, config: Record<string, unknown>): LibraryTokenizer {
  try {
    return new LibraryTokenizer(tokenizer, config);
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function invalid(got: string, cause?: unknown): MmhsError {
  return new MmhsError('MMHS_TOKENIZER_INVALID', 'The tokenizer cannot be read', {
    where: 'tokenizer.json',
    got,
    expected: 'the JSON of a fast Hugging Face tokenizer',
    cause,
  });
}
