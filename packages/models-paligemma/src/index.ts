export { canonicalName } from './canonical-name.ts';
export {
  parsePaligemmaConfig, type PaligemmaConfig, type PaligemmaTextConfig, type SoftCapOptions,
} from './config.ts';
export { createPaligemmaFamily, openPaligemmaModel, paligemmaFamily } from './family.ts';
export { definePaligemma } from './model.ts';
export { createPaligemmaProcessor, type PaligemmaImageSettings, type PaligemmaProcessorOptions } from './processor/index.ts';
