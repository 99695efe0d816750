export { MmhsError, type MmhsErrorDetails } from './errors.ts';
export { canonicalizeLabels, defineLabelSet, type LabelSet } from './labels.ts';
export {
  elementCount,
  type Dimension,
  type ElementArrays,
  type ElementType,
  type FloatTensor,
  type Tensor,
  type TensorSpec,
} from './tensor.ts';
export type { Prediction, RgbImage, Sample } from './sample.ts';
export { createRandom, restoreRandom, type Random, type RandomState } from './random.ts';
export type {
  LinearModule, LinearPrecision, LoraModule, ModelGraph, QuantizedWeight, TrainableTensors,
} from './model-graph.ts';
export type {
  CheckpointFiles,
  DecodingGraphOptions,
  EncodedPost,
  ImageSizeOptions,
  PostProcessor,
  ProcessedImage,
  PromptContent,
  Tokenizer,
  TrainingGraphOptions,
  TransformersJsExport,
  VisionGraphOptions,
  VlmFamily,
  VlmModel,
} from './family.ts';
