export { parseSmolConfig, type SmolConfig, type SmolTextConfig } from './config.ts';
export { openSmolModel, smolFamily } from './family.ts';
export { defineSmol } from './model.ts';
export {
  createSmolProcessor, type SmolImageLayout, type SmolImageSettings, type SmolProcessorOptions,
} from './processor/index.ts';
