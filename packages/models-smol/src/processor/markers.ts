/** Special tokens of the chat template. */
export const markers = {
  start: '<|im_start|>',
  endOfUtterance: '<end_of_utterance>',
  aroundImage: '<fake_token_around_image>',
  image: '<image>',
  globalImage: '<global-img>',
} as const;

/** Name of the marker before a tile's image tokens; rows and columns count from 1. */
export function tileMarker(row: number, column: number): string {
  return `<row_${row}_col_${column}>`;
}
