export { parseQwenConfig, type QwenConfig, type QwenTextConfig, type QwenVisionConfig } from './config.ts';
export { openQwenModel, qwenFamily } from './family.ts';
export type { QwenImageGrid } from './image-grid.ts';
export { defineQwen } from './model.ts';
export { createQwenProcessor, type QwenImageSettings, type QwenProcessorOptions } from './processor/index.ts';
