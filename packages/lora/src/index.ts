export { LoraConfigSchema, defineLoraConfig, formatLoraConfig, parseLoraConfig, type LoraConfig, type LoraConfigInput } from './config.ts';
export { matchModules, type ModuleSelection } from './match-modules.ts';
export { adapterSettings, parameterShapes, resolveAdapters, type ParameterShape } from './resolve-adapters.ts';
export { initialiseAdapters } from './initialise.ts';
export { fromFileTensors, toFileTensors, type AdapterTensors } from './adapter-tensors.ts';
export { mergeAdapter, mergeLinear, type MergedTensors } from './merge.ts';
export { loadAdapter, saveAdapter, type LoadedAdapter } from './adapter-folder.ts';
export { minimalTargets, modulePaths } from './minimal-targets.ts';
export { mergeCheckpoint, type MergedCheckpoint } from './merge-checkpoint.ts';
