export type { PaligemmaImageSettings } from './image-settings.ts';
export { createPaligemmaProcessor, type PaligemmaProcessorOptions } from './paligemma-processor.ts';
