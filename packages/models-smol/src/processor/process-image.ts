import type { ProcessedImage, RgbImage } from '@mmhs/core';
import { normalizeToPlanar, resizeImage, tile } from '@mmhs/images';

import type { SmolImageLayout } from './image-layout.ts';
import type { SmolImageSettings } from './image-settings.ts';
import { longestEdgeSize, tiledSize } from './image-sizes.ts';

/**
 * Prepares a picture as the reference's Pillow-backed processor does: longer side to `longestEdge`, up to whole tiles, cut
 * into tiles with the whole picture after them, normalised. One tensor: `pixel_values` float32
 * `[tiles, 3, tileSize, tileSize]`.
 */
export function processSmolImage(image: RgbImage, settings: SmolImageSettings): ProcessedImage {
  const { tiles, layout } = cutIntoTiles(image, settings);
  const { tileSize, mean, std, rescaleFactor, tokensPerTile } = settings;
  const tileLength = 3 * tileSize * tileSize;
  const data = new Float32Array(tiles.length * tileLength);
  for (const [index, picture] of tiles.entries()) {
    const into = data.subarray(index * tileLength, (index + 1) * tileLength);
    normalizeToPlanar(picture, { mean, std, rescaleFactor, into });
  }
  return {
    tensors: { pixel_values: { type: 'float32', shape: [tiles.length, 3, tileSize, tileSize], data } },
    featureRows: tiles.length * tokensPerTile,
    layout,
  };
}

/** The tiles of a picture before normalisation, row by row, the whole picture last. */
export function cutIntoTiles(
  image: RgbImage,
  { longestEdge, tileSize, splitting, filter }: SmolImageSettings,
): { readonly tiles: readonly RgbImage[]; readonly layout: SmolImageLayout } {
  const oneTile = { width: tileSize, height: tileSize, filter };
  const enlarged = resizeImage(image, { ...longestEdgeSize(image, longestEdge), filter });
  const whole = splitting ? resizeImage(enlarged, { ...tiledSize(enlarged, tileSize), filter }) : enlarged;
  const global = resizeImage(whole, oneTile);
  if (!splitting || (whole.width <= tileSize && whole.height <= tileSize)) {
    return { tiles: [global], layout: { rows: 0, cols: 0, tiles: 1 } };
  }
  const tiles = [...tile(whole, oneTile), global];
  const layout = { rows: whole.height / tileSize, cols: whole.width / tileSize, tiles: tiles.length };
  return { tiles, layout };
}
