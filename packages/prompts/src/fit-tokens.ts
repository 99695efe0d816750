import { MmhsError } from '@mmhs/core';

/** A text's tokens after shortening. */
export interface FittedTokens {
  readonly tokens: number[];
  /** How many tokens were cut out of the middle. */
  readonly removed: number;
}

/**
 * Shortens a text to a token budget by cutting out its middle, because a post's start and end say most.
 *
 * Only the post's own text is ever given to this function: instructions, image tokens and the answer's header are never
 * shortened. With an odd budget the start keeps one token more.
 *
 * @param options.tokens - Token ids of the post's text.
 * @param options.reserved - Tokens of everything else in the sequence.
 * @param options.maxTokens - Longest allowed sequence; no limit when undefined.
 * @param options.where - What is being encoded, for the error message.
 * @throws MmhsError `MMHS_PROMPT_TOO_LONG` when the rest alone exceeds the limit.
 */
export function fitTokens(options: {
  readonly tokens: readonly number[];
  readonly reserved: number;
  readonly maxTokens: number | undefined;
  readonly where?: string;
}): FittedTokens {
  const { tokens, reserved, maxTokens } = options;
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
  const head = Math.ceil(budget / 2);
  const tail = budget - head;
  const kept = [...tokens.slice(0, head), ...tokens.slice(tokens.length - tail)];
  return { tokens: kept, removed: tokens.length - budget };
}
