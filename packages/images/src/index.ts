export { cropImage, type CropOptions } from './crop.ts';
export { decodeImage, type DecodeOptions } from './decode.ts';
export { detectImageFormat, type ImageFormat } from './image-format.ts';
export { defaultMaxBytes, defaultMaxPixels, type ImageLimits } from './limits.ts';
export { defaultRescaleFactor, normalizeToPlanar, type NormalizeOptions } from './normalize.ts';
export type { ResizeFilter } from './resample.ts';
export { resizeImage, type ResizeOptions } from './resize.ts';
export { tile, type TileOptions } from './tile.ts';
