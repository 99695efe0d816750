import { MmhsError, type ProcessedImage } from '@mmhs/core';

/** How a picture was cut: `rows * cols` tiles and the whole picture after them, or the whole picture alone (0 and 0). */
export interface SmolImageLayout {
  readonly rows: number;
  readonly cols: number;
  /** Tiles in all, the whole picture included. */
  readonly tiles: number;
}

/**
 * Reads the layout back from a processed picture.
 *
 * @throws MmhsError `MMHS_IMAGE_LAYOUT` when another family's processor made it.
 */
export function layoutOf({ layout }: ProcessedImage): SmolImageLayout {
  if (isLayout(layout)) return layout;
  throw new MmhsError('MMHS_IMAGE_LAYOUT', 'The picture was not processed for this model', {
    got: JSON.stringify(layout),
    expected: 'a result of the same processor',
  });
}

function isLayout(value: unknown): value is SmolImageLayout {
  return typeof value === 'object' && value !== null && 'rows' in value && 'cols' in value && 'tiles' in value;
}
