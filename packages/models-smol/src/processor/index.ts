export type { SmolImageLayout } from './image-layout.ts';
export type { SmolImageSettings } from './image-settings.ts';
export { createSmolProcessor, type SmolProcessorOptions } from './smol-processor.ts';
