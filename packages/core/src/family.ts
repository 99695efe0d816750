import type { LabelSet } from './labels.ts';
import type { LinearModule, LinearPrecision, ModelGraph, TrainableTensors } from './model-graph.ts';
import type { RgbImage } from './sample.ts';
import type { Tensor, TensorSpec } from './tensor.ts';

/** Text <-> token ids, as the checkpoint's tokenizer.json says. */
export interface Tokenizer {
  /**
   * Token ids of `text`. With `specialTokens: 'literal'` (the default) the names of special tokens inside the text are
   * ordinary text, so that a post cannot smuggle in markers; with `'parse'` they become special tokens.
   */
  encode(text: string, options?: { readonly specialTokens?: 'literal' | 'parse' }): number[];
  /** Text of token ids; special tokens are left out unless `keepSpecialTokens`. */
  decode(ids: readonly number[], options?: { readonly keepSpecialTokens?: boolean }): string;
  /** Id of a special token. Throws MmhsError `MMHS_TOKENIZER_UNKNOWN_TOKEN` when the vocabulary lacks it. */
  specialId(token: string): number;
}

/** A picture ready for the vision tower. */
export interface ProcessedImage {
  /** Inputs of the family's vision graph for this picture alone. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Rows of image features the tower makes of it, equal to its image tokens in the prompt. */
  readonly featureRows: number;
  /** How the picture lies in the prompt; the family's own, opaque to callers. */
  readonly layout: unknown;
}

/** What a prompt says, apart from the post. */
export interface PromptContent {
  /** The system instruction, with the label list already in it. */
  readonly system: string;
  readonly labelSet: LabelSet;
}

/** One post as token ids. All arrays but `positionIds` have one entry per token. */
export interface EncodedPost {
  /** Prompt tokens followed by target tokens (no target when encoding for generation). */
  readonly inputIds: Int32Array;
  /** Number of prompt tokens; the rest is the target, every token of which is learnt. */
  readonly promptLength: number;
  /** Leading prompt tokens that do not depend on the post: the instructions. 0 where the family cannot share them. */
  readonly sharedPrefixLength: number;
  /** Positions, `[positionRows, tokens]` row-major. */
  readonly positionIds: Int32Array;
  /** Attention order: token i sees token j when `order[j] <= order[i]`. Equals the index for causal models. */
  readonly attentionOrder: Int32Array;
  /** Text tokens cut from the middle of the post to fit the budget. */
  readonly truncatedTextTokens: number;
}

/** Turns posts into tensors. */
export interface PostProcessor {
  readonly tokenizer: Tokenizer;
  /** Resizes, tiles and normalises a decoded picture as the reference processor does. */
  processImage(image: RgbImage): ProcessedImage;
  /** Renders and tokenises a post; `target` is the canonical answer, left out for generation. */
  encodePost(options: {
    readonly prompt: PromptContent;
    readonly text: string;
    readonly image: ProcessedImage | undefined;
    readonly target?: string;
    /** Longest allowed prompt and target together; only the post's text is shortened. */
    readonly maxTokens?: number;
  }): EncodedPost;
}

/** How the packed training graph is to be built. */
export interface TrainingGraphOptions {
  readonly trainable: TrainableTensors;
  /** Whether the micro-batch starts with a prefix shared by all its samples. */
  readonly sharedPrefix: boolean;
  /** Whether image features are computed in the graph (trained towers) or fed (frozen towers, cached). */
  readonly imageFeatures: 'fed' | 'computed' | 'none';
  /** Whether gradients are wanted; without them the graph gives losses and logits only. */
  readonly gradients: boolean;
  /**
   * Whether layers are computed again in the backward pass, so that only one layer's activations are kept.
   * Default false.
   */
  readonly gradientCheckpointing?: boolean;
  /** How frozen linears of the decoder's layers are computed. Default `float32`. */
  readonly precision?: Extract<LinearPrecision, 'float32' | 'weights-nf4'>;
}

/**
 * How the decoding graph is to be built. It takes any number of new tokens, which may branch and may hold pictures, after a
 * past of any length, 0 included.
 */
export interface DecodingGraphOptions {
  readonly trainable: TrainableTensors;
  /** How linears are computed. Default `float32`. */
  readonly precision?: LinearPrecision;
}

/** How the graph of vision tower and projector is to be built. */
export interface VisionGraphOptions {
  readonly trainable: TrainableTensors;
  /** How linears are computed. Default `float32`. */
  readonly precision?: LinearPrecision;
}

/** An opened checkpoint of a family: its sizes and graphs, as pure functions of its configuration. */
export interface VlmModel {
  readonly family: string;
  /** Architecture class named by the checkpoint. */
  readonly architecture: string;
  /** Every tensor the checkpoint must hold, by its canonical name: the module path PEFT sees, with the tensor's own name. */
  readonly tensors: readonly TensorSpec[];
  /**
   * The canonical name of a tensor or adapter key (without `base_model.model.`) as any version of the reference spells it in
   * its files. Absent where all versions agree.
   */
  readonly canonicalName?: (name: string) => string;
  /** Linears an adapter can be put on, the head included (PEFT's `all-linear` leaves it out). */
  readonly linears: readonly LinearModule[];
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  readonly decoderLayers: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  /** Rows of position ids: 1, or 3 for multi-modal rotary positions. */
  readonly positionRows: number;
  /** Ids that end an answer. */
  readonly endTokenIds: readonly number[];
  readonly padTokenId: number;
  readonly imageTokenId: number;
  /** Frozen vision tower and projector: the family's image tensors -> `image_features [rows, hidden]`. */
  visionGraph(options: VisionGraphOptions): ModelGraph;
  /** Joins several pictures' tensors into one run of the vision graph. */
  batchImages(images: readonly ProcessedImage[]): Record<string, Tensor>;
  trainingGraph(options: TrainingGraphOptions): ModelGraph;
  /** The one graph of all decoding: it extends a key-value cache and scores chosen tokens. */
  decodingGraph(options: DecodingGraphOptions): ModelGraph;
  /** How the model is written for `@huggingface/transformers`; absent where that library does not know the family. */
  readonly transformersJs?: TransformersJsExport;
}

/** What `@huggingface/transformers` needs to run a model (docs/export.md). */
export interface TransformersJsExport {
  /** Its graphs, by the names of that library's sessions. */
  graphs(options: { readonly precision?: LinearPrecision }): Readonly<Record<string, ModelGraph>>;
  /** Of the checkpoint's JSON files, by name, those whose content that library needs in another form. */
  files(options: {
    /** The files that are to be written if nothing is changed: image settings flat, the chat template in tokenizer_config.json. */
    readonly files: CheckpointFiles;
    /** The picture size that training used. */
    readonly imageSize: ImageSizeOptions;
  }): Readonly<Record<string, unknown>>;
}

/** The small files of a checkpoint folder, parsed from JSON where they are JSON; undefined where absent. */
export interface CheckpointFiles {
  readonly config: unknown;
  readonly generationConfig: unknown;
  readonly preprocessorConfig: unknown;
  readonly processorConfig: unknown;
  readonly tokenizer: unknown;
  readonly tokenizerConfig: unknown;
  readonly chatTemplate: unknown;
}

/** A family of vision-language models, chosen by `config.json`'s `model_type` or by name. */
export interface VlmFamily {
  /** Name on the command line, such as `smol`. */
  readonly name: string;
  /** Values of `model_type` it reads. */
  readonly modelTypes: readonly string[];
  /** The Hub checkpoint used when the user names none. */
  readonly defaultModelId: string;
  /** LoRA targets used when the user names none: the language model's linears. */
  readonly defaultTargetModules: string;
  /** Throws MmhsError `MMHS_MODEL_CONFIG` naming the field when the configuration is not usable. */
  openModel(files: CheckpointFiles): VlmModel;
  openProcessor(options: {
    readonly files: CheckpointFiles;
    readonly tokenizer: Tokenizer;
    readonly imageSize?: ImageSizeOptions;
  }): PostProcessor;
}

/** How much of a picture the model gets to see; each family honours what applies to it. */
export interface ImageSizeOptions {
  /** Longest edge in pixels before tiling (SmolVLM: the tile size gives one tile, twice that at most five). */
  readonly longestEdge?: number;
  /** Smallest number of pixels (Qwen2-VL). */
  readonly minPixels?: number;
  /** Largest number of pixels (Qwen2-VL). */
  readonly maxPixels?: number;
}
