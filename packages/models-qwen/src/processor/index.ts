export type { QwenImageSettings } from './image-settings.ts';
export { createQwenProcessor, type QwenProcessorOptions } from './qwen-processor.ts';
