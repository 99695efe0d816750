import { MmhsError, type Tokenizer } from '@mmhs/core';

import type { PromptPiece } from './prompt-pieces.ts';

/**
 * Tokenises pieces of a prompt. Markers become their special tokens; everything between two of them is tokenised in one
 * go and literally, so that merges reach across template and text and no text can pose as a marker.
 *
 * A marker that the vocabulary lacks is text, as in the 2.2B checkpoint of the first generation, which has no special
 * tokens for tiles.
 */
export function encodePieces(pieces: readonly PromptPiece[], tokenizer: Tokenizer): number[] {
  const ids: number[] = [];
  let text = '';
  for (const piece of pieces) {
    const id = piece.kind === 'marker' ? findSpecialId(tokenizer, piece.text) : undefined;
    if (id === undefined) {
      text += piece.text;
      continue;
    }
    if (text !== '') ids.push(...tokenizer.encode(text, { specialTokens: 'literal' }));
    text = '';
    ids.push(id);
  }
  if (text !== '') ids.push(...tokenizer.encode(text, { specialTokens: 'literal' }));
  return ids;
}

/** Id of a special token, or undefined when the vocabulary lacks it. */
export function findSpecialId(tokenizer: Tokenizer, token: string): number | undefined {
  try {
    return tokenizer.specialId(token);
  } catch (error) {
    if (MmhsError.isInstance(error) && error.code === 'MMHS_TOKENIZER_UNKNOWN_TOKEN') return undefined;
    throw error;
  }
}
