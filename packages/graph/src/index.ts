export { addDimensions, divideDimension, multiplyDimensions, type Shape } from './dimension.ts';
export {
  Graph, type Attribute, type Constant, type Node, type TapeEntry, type Value, type Vjp, type VjpContext,
} from './graph.ts';
export { Module } from './module.ts';
export { composeModel, type ComposeModelOptions } from './compose/compose-model.ts';
export { composeDecodingGraph } from './compose/decoding-graph.ts';
export type { CacheSizes } from './compose/export-decoder.ts';
export { composeExportGraphs, type ExportGraphsOptions } from './compose/export-graphs.ts';
export { composeTrainingGraph } from './compose/training-graph.ts';
export { composeVisionGraph } from './compose/vision-graph.ts';
export { traceModel } from './compose/trace-model.ts';
export type { VlmDefinition } from './compose/vlm-definition.ts';
export { gradients } from './differentiation/gradient.ts';
export type { AttentionHeads } from './layers/attention-core.ts';
export type { AttentionPlan, ProjectedRows } from './layers/attention-plan.ts';
export { activationNames, activations, type ActivationName } from './layers/activations.ts';
export { cachedAttention, type CacheLayout } from './layers/cached-attention.ts';
export { dropout, dropoutInputs } from './layers/dropout.ts';
export { embedding, splice, tiedHead } from './layers/embedding.ts';
export { layerStack } from './layers/layer-stack.ts';
export { linear } from './layers/linear.ts';
export { gatedMlp, mlp, type Activation } from './layers/mlp.ts';
export { layerNorm, rmsNorm, rmsNormOnePlus } from './layers/normalization.ts';
export { packedAttention } from './layers/packed-attention.ts';
export { axialRotaryAngles, rotaryAngles, type RotaryAngles } from './layers/rotary-angles.ts';
export { raggedSegments, type Segments } from './layers/segments.ts';
export { fusedVisionAttention, groupedQueryAttention, visionAttention } from './layers/self-attention.ts';
export { addPositionEmbedding, patchEmbedding, pixelShuffle, projectPatches } from './layers/vision.ts';
export { patchesPerSide, visionTransformer, type VisionTransformerSizes } from './layers/vision-transformer.ts';
export { onnxTypeNumbers } from './onnx/element-type.ts';
export {
  decodeModel, encodeModel, type OnnxAttribute, type OnnxModel, type OnnxNode, type OnnxTensor, type OnnxValueInfo,
} from './onnx/schema.ts';
export { serializeGraph } from './onnx/serialize.ts';
export { gelu, geluTanh, quickGelu, silu, softCap, swish } from './operators/activation.ts';
export { crossEntropy } from './operators/cross-entropy.ts';
export {
  add, cast, cos, div, erf, exp, floor, less, lessOrEqual, mul, neg, sigmoid, sin, sqrt, sub, tanh, where,
} from './operators/elementwise.ts';
export { gatherAlong, gatherElements, gatherRows } from './operators/gather.ts';
export { cumulativeSum, largest, maximum, nonZero, range, rangeTo, remainder } from './operators/integers.ts';
export { gemm, matmul, matmulRowsFirst, type MatMulOptions } from './operators/matmul.ts';
export {
  layerNormalization, logSoftmax, rmsNormalization, rmsNormalizationOnePlus, softmax,
} from './operators/normalization.ts';
export { reduceMean, reduceSum } from './operators/reduce.ts';
export { rotary } from './operators/rotary.ts';
export { concat, expand, reshape, slice, split, transpose } from './operators/shape.ts';
