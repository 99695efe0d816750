import type { ProcessedImage, RgbImage } from '@mmhs/core';
import { patchify, resizeImage } from '@mmhs/images';

import { gridTensors } from '../image-grid.ts';
import type { QwenImageSettings } from './image-settings.ts';
import { smartResize } from './smart-resize.ts';

/**
 * Prepares a picture as the reference's Pillow-backed processor does: to the nearest allowed size, normalised, cut into
 * patches. `pixel_values` is float32 `[patches, 3 * temporalPatchSize * patchSize^2]`.
 */
export function processQwenImage(image: RgbImage, settings: QwenImageSettings): ProcessedImage {
  const { patchSize, mergeSize, filter } = settings;
  const size = smartResize(image, { ...settings, factor: patchSize * mergeSize });
  const { data, rows, columns, gridHeight, gridWidth } = patchify(resizeImage(image, { ...size, filter }), settings);
  const layout = { gridHeight, gridWidth };
  return {
    tensors: { pixel_values: { type: 'float32', shape: [rows, columns], data }, ...gridTensors([layout], mergeSize) },
    featureRows: rows / mergeSize ** 2,
    layout,
  };
}
