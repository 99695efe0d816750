import { checkModelConfig, parseCheckpointFile } from '@mmhs/core/family-tools';
import { activationNames, type ActivationName } from '@mmhs/graph';
import { z } from 'zod';

/** Sizes of the language model, a Qwen2. */
export interface QwenTextConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** Pairs of a head that turn by the temporal, the vertical and the horizontal position. */
  readonly ropeSections: readonly [number, number, number];
  readonly vocabularySize: number;
  readonly tieWordEmbeddings: boolean;
}

/** Sizes of the vision tower. */
export interface QwenVisionConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  /** Frames that a patch spans; a still picture is repeated. */
  readonly temporalPatchSize: number;
  /** Side of the square of patches that becomes one image token. */
  readonly mergeSize: number;
  /** Of the MLPs; the merger's is always GELU. */
  readonly activation: ActivationName;
}

/** What the graphs and the processor need to know of a Qwen2-VL checkpoint. */
export interface QwenConfig {
  /** Architecture class named by the checkpoint. */
  readonly architecture: string;
  readonly imageTokenId: number;
  /** Ids that end an answer, from generation_config.json. */
  readonly endTokenIds: readonly number[];
  readonly padTokenId: number;
  readonly text: QwenTextConfig;
  readonly vision: QwenVisionConfig;
}

const size = z.number().int().positive();
const tokenId = z.number().int().nonnegative();
const tokenIds = z.union([tokenId, z.array(tokenId)]).nullish();
const ropeForm = z.object({
  rope_theta: z.number().positive().nullish(),
  rope_type: z.enum(['default', 'mrope']).nullish(),
  type: z.enum(['default', 'mrope']).nullish(),
  mrope_section: z.tuple([size, size, size]).nullish(),
});

// Files leave out whatever equals the class default: those of Qwen2VLTextConfig ...
const textSchema = z.object({
  hidden_size: size.default(8192),
  intermediate_size: size.default(29568),
  num_hidden_layers: size.default(80),
  num_attention_heads: size.default(64),
  num_key_value_heads: size.nullable().default(8),
  rms_norm_eps: z.number().positive().default(1e-5),
  vocab_size: size.default(152064),
  rope_theta: z.number().positive().nullish(),
  rope_parameters: ropeForm.nullish(),
  rope_scaling: ropeForm.nullish(),
  hidden_act: z.literal('silu').default('silu'),
  use_sliding_window: z.literal(false).nullish(),
  eos_token_id: tokenIds,
  tie_word_embeddings: z.boolean().nullish(),
});

// ... and of Qwen2VLVisionConfig.
const visionSchema = z.object({
  depth: size.default(32),
  embed_dim: size.default(1280),
  hidden_size: size.default(3584),
  hidden_act: z.enum(activationNames).default('quick_gelu'),
  mlp_ratio: z.number().positive().default(4),
  num_heads: size.default(16),
  in_channels: z.literal(3).default(3),
  in_chans: z.literal(3).default(3),
  patch_size: size.default(14),
  spatial_merge_size: size.default(2),
  temporal_patch_size: size.default(2),
});

const rootSchema = z.object({
  model_type: z.literal('qwen2_vl'),
  architectures: z.array(z.string()).nullish(),
  image_token_id: tokenId.default(151655),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: tokenIds,
  text_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config: visionSchema,
});

const generationSchema = z.object({ eos_token_id: tokenIds, pad_token_id: tokenId.nullish() });

type TextConfig = z.infer<typeof textSchema>;

/**
 * Reads config.json and generation_config.json of Qwen2-VL.
 *
 * Text settings are taken from `text_config`, or from the root where there is none (the older, flat form); the rotary
 * settings from `rope_parameters` or `rope_scaling`. Heads are tied when either place says so. Absent values get the
 * defaults of the reference's configuration classes.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field.
 */
export function parseQwenConfig(config: unknown, generationConfig: unknown): QwenConfig {
  const root = parseCheckpointFile({ schema: rootSchema, value: config, file: 'config.json' });
  const nested = root.text_config !== null && root.text_config !== undefined;
  const text = parseCheckpointFile({
    schema: textSchema, value: nested ? root.text_config : config, file: 'config.json', path: nested ? 'text_config' : '',
  });
  const path = nested ? 'text_config.' : '';
  const generation = parseCheckpointFile({ schema: generationSchema, value: generationConfig ?? {}, file: 'generation_config.json' });
  const endTokenIds = [generation.eos_token_id ?? root.eos_token_id ?? text.eos_token_id ?? []].flat();
  checkModelConfig(endTokenIds.length > 0, {
    file: 'generation_config.json', field: 'eos_token_id', got: undefined, expected: 'the id of <|im_end|>',
  });
  const result: QwenConfig = {
    architecture: root.architectures?.[0] ?? 'Qwen2VLForConditionalGeneration',
    imageTokenId: root.image_token_id,
    endTokenIds,
    padTokenId: generation.pad_token_id ?? endTokenIds[0]!,
    text: readText(text, path, root.tie_word_embeddings === true || text.tie_word_embeddings === true),
    vision: readVision(root.vision_config),
  };
  checkSizes(result, path, root.vision_config.hidden_size);
  return result;
}

function readText(text: TextConfig, path: string, tieWordEmbeddings: boolean): QwenTextConfig {
  const rope = { ...text.rope_scaling, ...text.rope_parameters };
  const sections = rope.mrope_section;
  checkModelConfig(sections !== null && sections !== undefined, {
    field: `${path}rope_scaling.mrope_section`, got: undefined, expected: 'three numbers such as [16, 24, 24]',
  });
  return {
    hiddenSize: text.hidden_size,
    intermediateSize: text.intermediate_size,
    layers: text.num_hidden_layers,
    heads: text.num_attention_heads,
    keyValueHeads: text.num_key_value_heads ?? text.num_attention_heads,
    headDimension: Math.floor(text.hidden_size / text.num_attention_heads),
    rmsNormEps: text.rms_norm_eps,
    ropeTheta: rope.rope_theta ?? text.rope_theta ?? 1e6,
    ropeSections: sections,
    vocabularySize: text.vocab_size,
    tieWordEmbeddings,
  };
}

function readVision(vision: z.infer<typeof visionSchema>): QwenVisionConfig {
  return {
    hiddenSize: vision.embed_dim,
    intermediateSize: Math.floor(vision.embed_dim * vision.mlp_ratio),
    layers: vision.depth,
    heads: vision.num_heads,
    patchSize: vision.patch_size,
    temporalPatchSize: vision.temporal_patch_size,
    mergeSize: vision.spatial_merge_size,
    activation: vision.hidden_act,
  };
}

function checkSizes({ text, vision, imageTokenId }: QwenConfig, path: string, visionOutput: number): void {
  const pairs = text.ropeSections.reduce((sum, section) => sum + section, 0);
  checkModelConfig(text.hiddenSize % text.heads === 0, {
    field: `${path}num_attention_heads`, got: text.heads, expected: `a divisor of hidden_size (${text.hiddenSize})`,
  });
  checkModelConfig(text.heads % text.keyValueHeads === 0, {
    field: `${path}num_key_value_heads`, got: text.keyValueHeads, expected: `a divisor of num_attention_heads (${text.heads})`,
  });
  checkModelConfig(2 * pairs === text.headDimension, {
    field: `${path}rope_scaling.mrope_section`, got: pairs, expected: `a sum of ${text.headDimension / 2}, half a head`,
  });
  checkModelConfig(vision.hiddenSize % (4 * vision.heads) === 0, {
    field: 'vision_config.num_heads', got: vision.heads, expected: `a divisor of embed_dim / 4 (${vision.hiddenSize / 4})`,
  });
  checkModelConfig(visionOutput === text.hiddenSize, {
    field: 'vision_config.hidden_size', got: visionOutput, expected: `the language model's, ${text.hiddenSize}`,
  });
  checkModelConfig(imageTokenId < text.vocabularySize, {
    field: 'image_token_id', got: imageTokenId, expected: `an id below vocab_size (${text.vocabularySize})`,
  });
}
