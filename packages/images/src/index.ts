export { cropImage, type CropOptions } from './crop.ts';
export { decodeImage, type DecodeOptions, type ImageSource } from './decode.ts';
export { createImageWorkers, type ImageWorkers } from './image-workers.ts';
export { detectImageFormat, type ImageFormat } from './image-format.ts';
export { defaultMaxBytes, defaultMaxMilliseconds, defaultMaxPixels, type ImageLimits } from './limits.ts';
export { normalizeToPlanar, type NormalizeOptions } from './normalize.ts';
export { defaultRescaleFactor, type ChannelScaling } from './normalized-values.ts';
export { patchify, type Patches, type PatchifyOptions } from './patchify.ts';
export {
  prepareImage,
  type ImageOutput,
  type ImageStep,
  type PreparedKinds,
  type PrepareOptions,
} from './prepare.ts';
export type { ResizeFilter } from './resample.ts';
export { resizeImage, type ResizeOptions } from './resize.ts';
export { tile, type TileOptions } from './tile.ts';
