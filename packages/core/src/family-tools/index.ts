export { batchPixels } from './batch-pixels.ts';
export { checkModelConfig, parseCheckpointFile } from './checkpoint-file.ts';
export { checkProcessorFits, readImageProcessor, type ImageProcessorFile, type PixelSettings } from './image-processor.ts';
export { rememberLast } from './remember-last.ts';
export { checkTokenizerFits } from './tokenizer-fits.ts';
