import type { TensorSpec } from './tensor.ts';

/** A serialised ONNX graph and what must be given to it. */
export interface ModelGraph {
  /** The ONNX ModelProto. Weights are inputs, so that all graphs of a process share one copy. */
  readonly model: Uint8Array;
  /** Inputs fed at each run. */
  readonly inputs: readonly TensorSpec[];
  /** Inputs bound once to checkpoint tensors of the same name. */
  readonly weights: readonly TensorSpec[];
  /** Inputs bound once to checkpoint tensors in fewer bits; none in graphs of full precision. */
  readonly quantizedWeights?: readonly QuantizedWeight[];
  /** Inputs holding trained tensors (LoRA matrices, or base tensors in full-parameter mode), fed when they change. */
  readonly parameters: readonly TensorSpec[];
  /** Outputs; a parameter's gradient is named `grad.` + the parameter's name. */
  readonly outputs: readonly TensorSpec[];
}

/**
 * How the products of frozen linears are computed. `weights-int8` and `weights-int4` keep a scale for each block of inputs and
 * compute with float32 inputs: less to read, for decoding. `int8` also rounds the inputs as they come: less arithmetic, for
 * vision towers. These are for graphs without gradients. `weights-nf4` is QLoRA's (https://arxiv.org/abs/2305.14314): linears of the
 * decoder's layers in 4 bits, each of the 16 levels as likely as the others when weights are normal; gradients flow through them.
 */
export type LinearPrecision = 'float32' | 'weights-int8' | 'weights-int4' | 'weights-nf4' | 'int8';

/** A linear's weight in fewer bits, made from a checkpoint tensor when a session is made. */
export interface QuantizedWeight {
  /** Checkpoint tensor `[outFeatures, inFeatures]`. */
  readonly source: string;
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly precision: Exclude<LinearPrecision, 'float32'>;
  /** Inputs of neighbouring columns that share a scale; all of them with `int8`. With `weights-nf4` blocks run on from row to row. */
  readonly blockSize: number;
  /** The graph's input that takes the small integers, and the one that takes the float32 scales. */
  readonly values: TensorSpec;
  readonly scales: TensorSpec;
}

/** A low-rank adapter on one linear module. */
export interface LoraModule {
  /** Rank of the update. */
  readonly rank: number;
  /** Factor on `B(A(x))`: alpha / rank, or alpha / sqrt(rank) for rsLoRA. */
  readonly scaling: number;
  /** Probability of dropping an element of A's input while training. */
  readonly dropout: number;
}

/** Which tensors of a graph are trained, besides the frozen base. */
export interface TrainableTensors {
  /** Adapters by module path, as in the adapter file without `base_model.model.`. */
  readonly adapters: ReadonlyMap<string, LoraModule>;
  /** Base tensors (by checkpoint name) that are trained themselves: modules_to_save, or all of them. */
  readonly full: ReadonlySet<string>;
}

/** A linear layer that an adapter can be put on. */
export interface LinearModule {
  /** Dotted module path as PEFT sees it, such as `model.text_model.layers.0.self_attn.q_proj`. */
  readonly path: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly part: 'language' | 'vision' | 'connector' | 'head';
}
