import { markers, tileMarker } from './markers.ts';
import type { SmolImageLayout } from './image-layout.ts';

/** A stretch of a prompt: one of the template's markers, or text. */
export interface PromptPiece {
  readonly kind: 'marker' | 'text';
  readonly text: string;
}

const marker = (text: string): PromptPiece => ({ kind: 'marker', text });
const plain = (text: string): PromptPiece => ({ kind: 'text', text });

/**
 * The start of every prompt, up to and including the end of the instructions. The line break after it is not part of
 * it, as it may become one token with what follows.
 */
export function renderInstructions(system: string): PromptPiece[] {
  return [marker(markers.start), plain(`System: ${system}`), marker(markers.endOfUtterance)];
}

/**
 * The chat template's user turn before the post's text: with a picture `User:` and its tokens, without one `User: `.
 *
 * @param options.imageTokens - Image tokens of each tile.
 */
export function renderUserStart(options: {
  readonly layout: SmolImageLayout | undefined;
  readonly imageTokens: number;
}): PromptPiece[] {
  const { layout, imageTokens } = options;
  return layout === undefined ? [plain('\nUser: ')] : [plain('\nUser:'), ...renderImage(layout, imageTokens)];
}

/** The end of every prompt, after the post's text. The answer starts with a blank. */
export function renderPromptEnd(): PromptPiece[] {
  return [marker(markers.endOfUtterance), plain('\nAssistant:')];
}

/** What the model learns to write. */
export function renderTarget(answer: string): PromptPiece[] {
  return [plain(` ${answer}`), marker(markers.endOfUtterance)];
}

function renderImage({ rows, cols }: SmolImageLayout, imageTokens: number): PromptPiece[] {
  const tokens = Array.from({ length: imageTokens }, () => marker(markers.image));
  const pieces: PromptPiece[] = [];
  for (let row = 1; row <= rows; row += 1) {
    for (let column = 1; column <= cols; column += 1) {
      pieces.push(marker(markers.aroundImage), marker(tileMarker(row, column)), ...tokens);
    }
    pieces.push(plain('\n'));
  }
  if (rows > 0) pieces.push(plain('\n'));
  pieces.push(marker(markers.aroundImage), marker(markers.globalImage), ...tokens, marker(markers.aroundImage));
  return pieces;
}
