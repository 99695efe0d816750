import { z } from 'zod';
import { MmhsError } from '@mmhs/core';

/**
 * The settings of a LoRA adapter, under the keys and defaults of PEFT's `adapter_config.json` (layout of PEFT 0.21).
 *
 * Keys this package has no use for are dropped by `parse`; use {@link parseLoraConfig} for files, which also refuses the
 * settings that would change the arithmetic in ways this package does not know.
 */
export const LoraConfigSchema = z.object({
  peft_type: z.literal('LORA').default('LORA'),
  task_type: z.string().nullable().default('CAUSAL_LM'),
  base_model_name_or_path: z.string().nullable().default(null),
  revision: z.string().nullable().default(null),
  /** Rank of the update. */
  r: z.int().positive().default(8),
  lora_alpha: z.number().positive().default(8),
  /** Probability of dropping an element of A's input while training. */
  lora_dropout: z.number().min(0).lt(1).default(0),
  /** A list of path endings, one regular expression on whole paths, or `all-linear`. */
  target_modules: z.union([z.string(), z.array(z.string())]).nullable().default(null),
  exclude_modules: z.union([z.string(), z.array(z.string())]).nullable().default(null),
  layers_to_transform: z.union([z.int(), z.array(z.int())]).nullable().default(null),
  layers_pattern: z.union([z.string(), z.array(z.string())]).nullable().default(null),
  /** Scale by alpha / sqrt(r) instead of alpha / r. */
  use_rslora: z.boolean().default(false),
  rank_pattern: z.record(z.string(), z.int().positive()).default({}),
  alpha_pattern: z.record(z.string(), z.number().positive()).default({}),
  /** Modules that are trained and saved themselves, by the endings of their paths. */
  modules_to_save: z.array(z.string()).nullable().default(null),
  /** `true`: PEFT's default. `false`: A and B both random. `gaussian`: A normal. The others can be read, not made. */
  init_lora_weights: z.union([z.boolean(), z.enum(['gaussian', 'eva', 'orthogonal'])]).default(true),
});

/** Settings of an adapter; see {@link LoraConfigSchema}. */
export type LoraConfig = z.infer<typeof LoraConfigSchema>;

/** Settings as a caller writes them; everything left out takes PEFT's default. */
export type LoraConfigInput = z.input<typeof LoraConfigSchema>;

/** Settings that change the arithmetic; anything but the listed harmless values is refused. */
const neutralValues: Readonly<Record<string, readonly unknown[]>> = {
  use_dora: [false, null],
  use_qalora: [false, null],
  use_bdlora: [false, null],
  lora_bias: [false, null],
  fan_in_fan_out: [false, null],
  bias: ['none', null],
  layer_replication: [null],
  megatron_config: [null],
  target_parameters: [null],
  trainable_token_indices: [null],
  alora_invocation_tokens: [null],
  arrow_config: [null],
  kasa_config: [null],
  monteclora_config: [null],
  velora_config: [null],
  ensure_weight_tying: [false, null],
};

/**
 * Reads a parsed `adapter_config.json`.
 *
 * `ignoredKeys` lists the keys that have no effect here, as PEFT drops keys it does not know.
 *
 * @throws MmhsError `MMHS_LORA_CONFIG` naming the key when a value is not valid or asks for something not supported
 * (DoRA, biases, replicated layers and the like).
 */
export function parseLoraConfig(options: {
  readonly json: unknown;
  /** Where the JSON came from, for messages. */
  readonly where?: string;
}): { readonly config: LoraConfig; readonly ignoredKeys: readonly string[] } {
  const { json, where = 'adapter_config.json' } = options;
  const result = z.record(z.string(), z.unknown()).safeParse(json);
  if (!result.success) throw invalid({ where, got: typeof json, expected: 'a JSON object' });
  refuseUnsupported(result.data, where);
  const parsed = LoraConfigSchema.safeParse(result.data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = issue?.path.join('.') ?? '';
    throw invalid({
      where: `${where}: ${key}`,
      got: JSON.stringify(result.data[String(issue?.path[0])]),
      expected: issue?.message ?? 'a valid value',
    });
  }
  checkLayerSelection(parsed.data, where);
  const known = new Set([...Object.keys(LoraConfigSchema.shape), ...Object.keys(neutralValues)]);
  return { config: parsed.data, ignoredKeys: Object.keys(result.data).filter((key) => !known.has(key)) };
}

/** Makes the settings of a new adapter, checked as {@link parseLoraConfig} checks a file. */
export function defineLoraConfig(input: LoraConfigInput): LoraConfig {
  return parseLoraConfig({ json: input, where: 'LoRA settings' }).config;
}

/**
 * Writes settings as the text of an `adapter_config.json`: sorted keys, two blanks of indentation.
 *
 * Keys that young versions of PEFT introduced are left out at their defaults, since older ones refuse keys they do not know.
 */
export function formatLoraConfig(config: LoraConfig): string {
  const { exclude_modules, use_rslora, ...established } = config;
  const entries = Object.entries({
    ...established,
    auto_mapping: null,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    ...(exclude_modules === null ? {} : { exclude_modules }),
    ...(use_rslora ? { use_rslora } : {}),
  }).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

function refuseUnsupported(json: Readonly<Record<string, unknown>>, where: string): void {
  for (const [key, neutral] of Object.entries(neutralValues)) {
    const value = json[key];
    if (value === undefined || neutral.includes(value)) continue;
    throw invalid({
      where: `${where}: ${key}`,
      got: JSON.stringify(value),
      expected: neutral.map((allowed) => JSON.stringify(allowed)).join(' or '),
      fix: 'train the adapter without this setting, or merge it into the base model with PEFT',
    });
  }
  const initialisation = json.init_lora_weights;
  if (typeof initialisation === 'string' && /^(pissa|olora|corda|loftq|lora_ga)/.test(initialisation)) {
    throw invalid({
      where: `${where}: init_lora_weights`,
      got: JSON.stringify(initialisation),
      expected: 'an initialisation that leaves the base weights as they are',
      fix: "save it with PEFT's path_initial_model_for_weight_conversion, which turns it into an ordinary adapter",
    });
  }
}

/** PEFT's own consistency rules for choosing layers. */
function checkLayerSelection(config: LoraConfig, where: string): void {
  const { target_modules, layers_to_transform, layers_pattern } = config;
  const selecting = layers_to_transform !== null || layers_pattern !== null;
  if (typeof target_modules === 'string' && selecting) {
    throw invalid({
      where: `${where}: ${layers_to_transform === null ? 'layers_pattern' : 'layers_to_transform'}`,
      got: `it together with target_modules ${JSON.stringify(target_modules)}`,
      expected: 'a list of target modules',
      fix: 'write the layer numbers into the expression',
    });
  }
  if (layers_pattern !== null && layers_pattern.length > 0 && layers_to_transform === null) {
    throw invalid({ where: `${where}: layers_pattern`, got: JSON.stringify(layers_pattern), expected: 'layers_to_transform beside it' });
  }
}

function invalid(details: { where: string; got: string; expected: string; fix?: string }): MmhsError {
  return new MmhsError('MMHS_LORA_CONFIG', 'The LoRA settings are not usable', details);
}
