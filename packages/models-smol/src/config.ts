import { MmhsError } from '@mmhs/core';
import { checkModelConfig, parseCheckpointFile } from '@mmhs/core/family-tools';
import { activationNames, type VisionTransformerSizes } from '@mmhs/graph';
import { z } from 'zod';

/** Sizes of the language model, a plain Llama. */
export interface SmolTextConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly vocabularySize: number;
  readonly tieWordEmbeddings: boolean;
}

/** What the graphs and the processor need to know of an Idefics3 (SmolVLM) or SmolVLM2 checkpoint. */
export interface SmolConfig {
  /** Architecture class named by the checkpoint. */
  readonly architecture: string;
  readonly imageTokenId: number;
  /** Side of the square of patches that the connector joins into one image token. */
  readonly scaleFactor: number;
  /** Ids that end an answer, from generation_config.json. */
  readonly endTokenIds: readonly number[];
  readonly padTokenId: number;
  readonly text: SmolTextConfig;
  /** A SigLIP encoder; its pictures are tiles. */
  readonly vision: VisionTransformerSizes;
}

const size = z.number().int().positive();
const tokenId = z.number().int().nonnegative();
const epsilon = z.number().positive();
const ropeForm = z.object({
  rope_theta: z.number().positive().nullish(),
  rope_type: z.literal('default').nullish(),
  type: z.literal('default').nullish(),
});

// Files on the hub leave out whatever equals the class default, so the defaults of LlamaConfig stand here ...
const textSchema = z.object({
  model_type: z.literal('llama').default('llama'),
  hidden_size: size.default(4096),
  intermediate_size: size.default(11008),
  num_hidden_layers: size.default(32),
  num_attention_heads: size.default(32),
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  rms_norm_eps: epsilon.default(1e-6),
  vocab_size: size.default(32000),
  rope_theta: z.number().positive().nullish(),
  rope_parameters: ropeForm.nullish(),
  rope_scaling: ropeForm.nullish(),
  hidden_act: z.literal('silu').default('silu'),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
  pad_token_id: z.number().int().nullish(),
});

// ... and those of Idefics3VisionConfig (the same as SmolVLMVisionConfig) here.
const visionSchema = z.object({
  hidden_size: size.default(1152),
  intermediate_size: size.default(3072),
  num_hidden_layers: size.default(12),
  num_attention_heads: size.default(16),
  num_channels: z.literal(3).default(3),
  image_size: size.default(224),
  patch_size: size.default(32),
  layer_norm_eps: epsilon.default(1e-6),
  hidden_act: z.enum(activationNames).default('gelu_pytorch_tanh'),
});

const rootSchema = z.object({
  model_type: z.enum(['idefics3', 'smolvlm']),
  architectures: z.array(z.string()).nullish(),
  image_token_id: tokenId.default(128257),
  scale_factor: size.default(2),
  tie_word_embeddings: z.boolean().default(false),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: z.number().int().nullish(),
  text_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config: visionSchema,
});

const generationSchema = z.object({
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: z.number().int().nullish(),
});

/** The architecture class of each model type, for a config.json that does not name one. */
const architectures = {
  idefics3: 'Idefics3ForConditionalGeneration',
  smolvlm: 'SmolVLMForConditionalGeneration',
} as const;

type RootConfig = z.infer<typeof rootSchema>;
type TextConfig = z.infer<typeof textSchema>;
type GenerationConfig = z.infer<typeof generationSchema>;

/**
 * Reads config.json and generation_config.json of SmolVLM (`idefics3`) and SmolVLM2 (`smolvlm`).
 *
 * Text settings are taken from `text_config`, or from the root where there is none; both the `rope_theta` of older files
 * and the `rope_parameters` of newer ones are understood. Absent sizes get the defaults of the reference's configuration
 * classes; the rotary base has none, because a wrong one runs and silently gives worse answers.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` naming the file and the field.
 */
export function parseSmolConfig(config: unknown, generationConfig: unknown): SmolConfig {
  const root = parseCheckpointFile({ schema: rootSchema, value: config, file: 'config.json' });
  const nested = root.text_config !== null && root.text_config !== undefined;
  // A root model_type is the whole model's, not the language model's.
  const flatText = { ...(config as Record<string, unknown>), model_type: undefined };
  const text = parseCheckpointFile({
    schema: textSchema, value: nested ? root.text_config : flatText, file: 'config.json', path: nested ? 'text_config' : '',
  });
  const textPath = nested ? 'text_config.' : '';
  const generation = parseCheckpointFile({ schema: generationSchema, value: generationConfig ?? {}, file: 'generation_config.json' });
  const endTokenIds = readEndTokenIds(root, generation);
  const result: SmolConfig = {
    architecture: root.architectures?.[0] ?? architectures[root.model_type],
    imageTokenId: root.image_token_id,
    scaleFactor: root.scale_factor,
    endTokenIds,
    padTokenId: readPadTokenId(root, text, generation) ?? endTokenIds[0]!,
    text: readText(text, textPath, root.tie_word_embeddings),
    vision: readVision(root.vision_config),
  };
  checkSizes(result, textPath);
  return result;
}

function readText(text: TextConfig, path: string, tieWordEmbeddings: boolean): SmolTextConfig {
  return {
    hiddenSize: text.hidden_size,
    intermediateSize: text.intermediate_size,
    layers: text.num_hidden_layers,
    heads: text.num_attention_heads,
    keyValueHeads: text.num_key_value_heads ?? text.num_attention_heads,
    headDimension: text.head_dim ?? Math.floor(text.hidden_size / text.num_attention_heads),
    rmsNormEps: text.rms_norm_eps,
    ropeTheta: text.rope_parameters?.rope_theta ?? text.rope_theta ?? failWithoutRopeTheta(path),
    vocabularySize: text.vocab_size,
    tieWordEmbeddings,
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

// text_config's own eos_token_id is the base language model's and never ends an answer here: it is not looked at.
function readEndTokenIds(root: RootConfig, generation: GenerationConfig): readonly number[] {
  const ids = [generation.eos_token_id ?? root.eos_token_id ?? []].flat();
  if (ids.length > 0) return ids;
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The checkpoint does not say which token ends an answer', {
    where: 'generation_config.json: eos_token_id',
    got: 'nothing',
    expected: 'the id of <end_of_utterance>',
    fix: "copy generation_config.json from the model's page next to config.json",
  });
}

// Published files carry 128002 at the root, a leftover beyond the vocabulary.
function readPadTokenId(root: RootConfig, text: TextConfig, generation: GenerationConfig): number | undefined {
  const candidates = [generation.pad_token_id, text.pad_token_id, root.pad_token_id];
  return candidates.find((id): id is number => typeof id === 'number' && id >= 0 && id < text.vocab_size);
}

function failWithoutRopeTheta(path: string): never {
  throw new MmhsError('MMHS_MODEL_CONFIG', 'The base of the rotary positions is missing', {
    where: `config.json: ${path}rope_theta`,
    got: 'neither rope_parameters.rope_theta nor rope_theta',
    expected: 'a number such as 100000',
    fix: "take config.json from the model's page; a guessed value would run and give worse answers",
  });
}

function checkSizes({ text, vision, scaleFactor, imageTokenId }: SmolConfig, textPath: string): void {
  const grid = Math.floor(vision.imageSize / vision.patchSize);
  checkModelConfig(text.heads % text.keyValueHeads === 0, {
    field: `${textPath}num_key_value_heads`, got: text.keyValueHeads, expected: `a divisor of num_attention_heads (${text.heads})`,
  });
  checkModelConfig(text.headDimension % 2 === 0, {
    field: `${textPath}head_dim`, got: text.headDimension, expected: 'an even number',
  });
  checkModelConfig(vision.hiddenSize % vision.heads === 0, {
    field: 'vision_config.num_attention_heads', got: vision.heads, expected: `a divisor of hidden_size (${vision.hiddenSize})`,
  });
  checkModelConfig(grid > 0 && grid % scaleFactor === 0, {
    field: 'scale_factor', got: scaleFactor, expected: `a divisor of the ${grid} x ${grid} patches of a tile`,
  });
  checkModelConfig(imageTokenId < text.vocabularySize, {
    field: 'image_token_id', got: imageTokenId, expected: `an id below vocab_size (${text.vocabularySize})`,
  });
}
