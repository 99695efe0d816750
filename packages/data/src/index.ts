export { checkImages, type CheckedImages, type CheckImagesOptions } from './check-images.ts';
export { collectLabels, readClassNames } from './class-names.ts';
export type { SampleColumns } from './columns.ts';
export { lengthBucketBatches } from './length-buckets.ts';
export { loadSplit, type LoadedSplit } from './load-split.ts';
export type { DataProblem } from './problem.ts';
export { createRandom, restoreRandom, type Random, type RandomState } from './random.ts';
export { readSamples, type ReadSamplesOptions, type SampleFormat } from './read-samples.ts';
export { shuffle, takeSubset } from './shuffle.ts';
