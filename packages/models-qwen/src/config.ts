import { MmhsError } from '@mmhs/core';
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
  hidden_act: z.literal('quick_gelu').default('quick_gelu'),
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
  const root = parse(rootSchema, config, 'config.json', '');
  const path = (root.text_config ?? undefined) === undefined ? '' : 'text_config.';
  const text = parse(textSchema, root.text_config ?? config, 'config.json', path);
  const generation = parse(generationSchema, generationConfig ?? {}, 'generation_config.json', '');
  const endTokenIds = [generation.eos_token_id ?? root.eos_token_id ?? text.eos_token_id ?? []].flat();
  ensure(endTokenIds.length > 0, 'generation_config.json: eos_token_id', 'nothing', 'the id of <|im_end|>');
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
  ensure(sections !== null && sections !== undefined, `config.json: ${path}rope_scaling.mrope_section`, 'nothing', 'three numbers such as [16, 24, 24]');
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
  };
}

function checkSizes({ text, vision, imageTokenId }: QwenConfig, path: string, visionOutput: number): void {
  const pairs = text.ropeSections.reduce((sum, section) => sum + section, 0);
  const check = (right: boolean, field: string, got: number, expected: string): void =>
    ensure(right, `config.json: ${field}`, String(got), expected);
  check(text.hiddenSize % text.heads === 0, `${path}num_attention_heads`, text.heads, `a divisor of hidden_size (${text.hiddenSize})`);
  check(text.heads % text.keyValueHeads === 0, `${path}num_key_value_heads`, text.keyValueHeads,
    `a divisor of num_attention_heads (${text.heads})`);
  check(2 * pairs === text.headDimension, `${path}rope_scaling.mrope_section`, pairs,
    `a sum of ${text.headDimension / 2}, half a head`);
  check(vision.hiddenSize % (4 * vision.heads) === 0, 'vision_config.num_heads', vision.heads,
    `a divisor of embed_dim / 4 (${vision.hiddenSize / 4})`);
  check(visionOutput === text.hiddenSize, 'vision_config.hidden_size', visionOutput, `the language model's, ${text.hiddenSize}`);
  check(imageTokenId < text.vocabularySize, 'image_token_id', imageTokenId, `an id below vocab_size (${text.vocabularySize})`);
}

function ensure(right: boolean, where: string, got: string, expected: string): asserts right {
  if (right) return;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The configuration is incomplete or contradicts itself', { where, got, expected });
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, file: string, path: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = path + (issue?.path.join('.') ?? '');
  const got = issue?.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The configuration is not usable', {
    where: field === '' ? file : `${file}: ${field}`,
    got: got === undefined ? 'nothing' : (JSON.stringify(got) ?? String(got)).slice(0, 80),
    expected: issue?.message ?? 'another value',
    cause: result.error,
  });
}
