import { MmhsError } from '@mmhs/core';

/** A text's tokens after shortening. */
export interface FittedTokens {
  readonly tokens: number[];
  /** How many tokens were cut out of the middle. */
  readonly removed: number;
}

/** Options of {@link fitTokens}. */
export interface FitTokensOptions {
  /** Token ids of the post's text. */
  readonly tokens: readonly number[];
  /** Tokens of everything else in the sequence. */
  readonly reserved: number;
  /** Longest allowed sequence; no limit when undefined. */
  readonly maxTokens: number | undefined;
  /**
   * Text of token ids, with U+FFFD for incomplete characters, as tokenizers do. With it no character is cut in half where
   * a vocabulary spells characters in several tokens.
   */
  readonly decode?: (ids: readonly number[]) => string;
  /** What is being encoded, for the error message. */
  readonly where?: string;
}

/**
 * Shortens a text to a token budget by cutting out its middle, because a post's start and end say most.
 *
 * Only the post's own text is ever given to this function: instructions, image tokens and the answer's header are never
 * shortened. With an odd budget the start keeps one token more. Given `decode`, up to three tokens more are cut on either
 * side of the gap, so that it lies between characters.
 *
 * @throws MmhsError `MMHS_PROMPT_TOO_LONG` when the rest alone exceeds the limit.
 */
export function fitTokens(options: FitTokensOptions): FittedTokens {
  const { tokens, reserved, maxTokens, decode } = options;
  if (maxTokens === undefined) return { tokens: [...tokens], removed: 0 };
  const budget = maxTokens - reserved;
  if (budget < 0) {
    throw new MmhsError('MMHS_PROMPT_TOO_LONG', 'Instructions, image and answer alone exceed the token limit', {
      ...(options.where === undefined ? {} : { where: options.where }),
      got: `${reserved} tokens before any text of the post`,
      expected: `at most ${maxTokens}`,
      fix: 'raise the limit, use a smaller picture, or shorten the instructions',
    });
  }
  if (tokens.length <= budget) return { tokens: [...tokens], removed: 0 };
  const head = tokens.slice(0, Math.ceil(budget / 2));
  const tail = tokens.slice(tokens.length - (budget - head.length));
  const kept = decode === undefined ? [...head, ...tail] : [...wholeAtEnd(head, decode), ...wholeAtStart(tail, decode)];
  return { tokens: kept, removed: tokens.length - kept.length };
}

// A character has at most four bytes in UTF-8, and a token at least one.
const mostTokensOfPart = 3;
const incomplete = '\ufffd';

/** Without the tokens of a character whose end was cut away. */
function wholeAtEnd(tokens: readonly number[], decode: (ids: readonly number[]) => string): readonly number[] {
  for (let dropped = 0; dropped <= Math.min(mostTokensOfPart, tokens.length); dropped += 1) {
    const rest = tokens.slice(0, tokens.length - dropped);
    if (!decode(rest).endsWith(incomplete)) return rest;
  }
  return tokens; // the post itself holds U+FFFD
}

/** Without the tokens of a character whose start was cut away. */
function wholeAtStart(tokens: readonly number[], decode: (ids: readonly number[]) => string): readonly number[] {
  for (let dropped = 0; dropped <= Math.min(mostTokensOfPart, tokens.length); dropped += 1) {
    const rest = tokens.slice(dropped);
    if (!decode(rest).startsWith(incomplete)) return rest;
  }
  return tokens;
}
