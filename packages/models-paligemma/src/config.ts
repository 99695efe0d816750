import { checkModelConfig, parseCheckpointFile } from '@mmhs/core/family-tools';
import { activationNames, type VisionTransformerSizes } from '@mmhs/graph';
import { z } from 'zod';

/** Sizes of the language model, Gemma or Gemma 2. */
export interface PaligemmaTextConfig {
  readonly generation: 'gemma' | 'gemma2';
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Of its own: heads * headDimension need not be the hidden size. */
  readonly headDimension: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly vocabularySize: number;
  readonly tieWordEmbeddings: boolean;
  /** Factor on attention scores. */
  readonly attentionScale: number;
  /** Bound of attention scores; undefined for none. */
  readonly attentionSoftCap: number | undefined;
  /** Bound of the logits; undefined for none. */
  readonly finalSoftCap: number | undefined;
  /** For each layer, how many tokens back it looks; undefined for all. */
  readonly windows: readonly (number | undefined)[];
}

/** What the graphs and the processor need to know of a PaliGemma or PaliGemma 2 checkpoint. */
export interface PaligemmaConfig {
  /** Architecture class named by the checkpoint. */
  readonly architecture: string;
  readonly imageTokenId: number;
  /** Ids that end an answer. */
  readonly endTokenIds: readonly number[];
  readonly padTokenId: number;
  readonly text: PaligemmaTextConfig;
  /** A SigLIP encoder. */
  readonly vision: VisionTransformerSizes;
}

/**
 * Which of the soft-caps in config.json are applied.
 *
 * The references disagree: all but the fastest of them cap attention scores, only the oldest caps the final logits.
 */
export interface SoftCapOptions {
  /** @default true */
  readonly attention?: boolean;
  /** @default false */
  readonly final?: boolean;
}

const size = z.number().int().positive();
const tokenId = z.number().int().nonnegative();
const positive = z.number().positive();
const cap = positive.nullable();
const ropeForm = z.object({
  rope_theta: positive.nullish(),
  rope_type: z.literal('default').nullish(),
  type: z.literal('default').nullish(),
});
// Checkpoints of the first generation say "gelu" and mean the tanh form, which the reference runs.
const activation = z.enum(['gelu_pytorch_tanh', 'gelu']);

const commonText = z.object({
  head_dim: size.default(256),
  vocab_size: size.default(256000),
  rms_norm_eps: positive.default(1e-6),
  rope_theta: positive.nullish(),
  rope_parameters: ropeForm.nullish(),
  rope_scaling: ropeForm.nullish(),
  hidden_act: activation.nullish(),
  hidden_activation: z.literal('gelu_pytorch_tanh').nullish(),
  attention_bias: z.literal(false).default(false),
  tie_word_embeddings: z.boolean().default(true),
});

// Files on the hub leave out whatever equals the class default, so the defaults of GemmaConfig stand here ...
const gemmaSchema = commonText.extend({
  model_type: z.literal('gemma').default('gemma'),
  hidden_size: size.default(3072),
  intermediate_size: size.default(24576),
  num_hidden_layers: size.default(28),
  num_attention_heads: size.default(16),
  num_key_value_heads: size.default(16),
});

// ... those of Gemma2Config here ...
const gemma2Schema = commonText.extend({
  model_type: z.literal('gemma2'),
  hidden_size: size.default(2304),
  intermediate_size: size.default(9216),
  num_hidden_layers: size.default(26),
  num_attention_heads: size.default(8),
  num_key_value_heads: size.default(4),
  query_pre_attn_scalar: positive.default(256),
  attn_logit_softcapping: cap.default(50),
  final_logit_softcapping: cap.default(30),
  sliding_window: size.nullable().default(4096),
  layer_types: z.array(z.enum(['sliding_attention', 'full_attention'])).nullish(),
});

// ... and those of SiglipVisionConfig here.
const visionSchema = z.object({
  hidden_size: size.default(768),
  intermediate_size: size.default(3072),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(12),
  num_channels: z.literal(3).default(3),
  image_size: size.default(224),
  patch_size: size.default(16),
  layer_norm_eps: positive.default(1e-6),
  hidden_act: z.enum(activationNames).default('gelu_pytorch_tanh'),
});

const endToken = z.union([tokenId, z.array(tokenId)]).nullish();
const rootSchema = z.object({
  model_type: z.literal('paligemma'),
  architectures: z.array(z.string()).nullish(),
  image_token_index: tokenId.nullish(),
  image_token_id: tokenId.nullish(),
  tie_word_embeddings: z.boolean().default(true),
  eos_token_id: endToken,
  pad_token_id: tokenId.nullish(),
  text_config: z.record(z.string(), z.unknown()),
  vision_config: visionSchema,
});
const generationSchema = z.object({ eos_token_id: endToken, pad_token_id: tokenId.nullish() });

type TextConfig = z.infer<typeof gemmaSchema> | z.infer<typeof gemma2Schema>;

/**
 * Reads config.json and generation_config.json of PaliGemma (Gemma inside) and PaliGemma 2 (Gemma 2 inside).
 *
 * Both spellings of the image token and of the rotary base are understood; absent sizes get the defaults of the reference's
 * configuration classes.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field.
 */
export function parsePaligemmaConfig(options: {
  readonly config: unknown;
  readonly generationConfig: unknown;
  readonly softCaps?: SoftCapOptions;
}): PaligemmaConfig {
  const root = parseCheckpointFile({ schema: rootSchema, value: options.config, file: 'config.json' });
  const generation = parseCheckpointFile({
    schema: generationSchema, value: options.generationConfig ?? {}, file: 'generation_config.json',
  });
  const schema = root.text_config['model_type'] === 'gemma2' ? gemma2Schema : gemmaSchema;
  const text = parseCheckpointFile<z.ZodType<TextConfig>>({
    schema, value: root.text_config, file: 'config.json', path: 'text_config',
  });
  const result: PaligemmaConfig = {
    architecture: root.architectures?.[0] ?? 'PaliGemmaForConditionalGeneration',
    imageTokenId: root.image_token_index ?? root.image_token_id ?? 256000,
    endTokenIds: [generation.eos_token_id ?? root.eos_token_id ?? 1].flat(),
    padTokenId: generation.pad_token_id ?? root.pad_token_id ?? 0,
    text: readText(text, root.tie_word_embeddings && text.tie_word_embeddings, options.softCaps ?? {}),
    vision: readVision(root.vision_config),
  };
  checkSizes(result);
  return result;
}

function readText(text: TextConfig, tieWordEmbeddings: boolean, softCaps: SoftCapOptions): PaligemmaTextConfig {
  return {
    generation: text.model_type,
    hiddenSize: text.hidden_size,
    intermediateSize: text.intermediate_size,
    layers: text.num_hidden_layers,
    heads: text.num_attention_heads,
    keyValueHeads: text.num_key_value_heads,
    headDimension: text.head_dim,
    rmsNormEps: text.rms_norm_eps,
    ropeTheta: text.rope_parameters?.rope_theta ?? text.rope_theta ?? 10000,
    vocabularySize: text.vocab_size,
    tieWordEmbeddings,
    ...(text.model_type === 'gemma2' ? readGemma2(text, softCaps) : plainAttention(text)),
  };
}

type AttentionConfig = Pick<PaligemmaTextConfig, 'attentionScale' | 'attentionSoftCap' | 'finalSoftCap' | 'windows'>;

function plainAttention(text: TextConfig): AttentionConfig {
  const windows = Array.from({ length: text.num_hidden_layers }, () => undefined);
  return { attentionScale: text.head_dim ** -0.5, attentionSoftCap: undefined, finalSoftCap: undefined, windows };
}

function readGemma2(text: z.infer<typeof gemma2Schema>, { attention = true, final = false }: SoftCapOptions): AttentionConfig {
  const alternating = Array.from({ length: text.num_hidden_layers }, (_, layer) =>
    layer % 2 === 0 ? 'sliding_attention' : 'full_attention');
  const types = text.layer_types ?? alternating;
  checkModelConfig(types.length === text.num_hidden_layers, {
    field: 'text_config.layer_types', got: types.length, expected: `${text.num_hidden_layers} of them, one a layer`,
  });
  return {
    attentionScale: text.query_pre_attn_scalar ** -0.5,
    attentionSoftCap: attention ? (text.attn_logit_softcapping ?? undefined) : undefined,
    finalSoftCap: final ? (text.final_logit_softcapping ?? undefined) : undefined,
    windows: types.map((type) => (type === 'sliding_attention' ? (text.sliding_window ?? undefined) : undefined)),
  };
}

function readVision(vision: z.infer<typeof visionSchema>): VisionTransformerSizes {
  return {
    hiddenSize: vision.hidden_size,
    intermediateSize: vision.intermediate_size,
    layers: vision.num_hidden_layers,
    heads: vision.num_attention_heads,
    imageSize: vision.image_size,
    patchSize: vision.patch_size,
    layerNormEps: vision.layer_norm_eps,
    activation: vision.hidden_act,
  };
}

function checkSizes({ text, vision, imageTokenId }: PaligemmaConfig): void {
  checkModelConfig(text.heads % text.keyValueHeads === 0, {
    field: 'text_config.num_key_value_heads', got: text.keyValueHeads, expected: `a divisor of num_attention_heads (${text.heads})`,
  });
  checkModelConfig(text.headDimension % 2 === 0, {
    field: 'text_config.head_dim', got: text.headDimension, expected: 'an even number',
  });
  checkModelConfig(vision.hiddenSize % vision.heads === 0, {
    field: 'vision_config.num_attention_heads', got: vision.heads, expected: `a divisor of hidden_size (${vision.hiddenSize})`,
  });
  checkModelConfig(vision.patchSize <= vision.imageSize, {
    field: 'vision_config.patch_size', got: vision.patchSize, expected: `at most image_size (${vision.imageSize})`,
  });
  checkModelConfig(imageTokenId < text.vocabularySize, {
    field: 'image_token_index', got: imageTokenId, expected: `an id below vocab_size (${text.vocabularySize})`,
  });
}
