import { z } from 'zod';

const ids = z.array(z.number().int());
const size = z.tuple([z.number(), z.number()]);
const strings = z.array(z.string());

/** How pictures are processed, in the words of the reference's processors. */
export const imageSettingsSchema = z.object({
  longest_edge: z.number().optional(),
  min_pixels: z.number().optional(),
  max_pixels: z.number().optional(),
});
export type ImageSettings = z.infer<typeof imageSettingsSchema>;

/** What the reference says of a processed picture; which fields there are depends on the family. */
export const imageInfoSchema = z.object({
  rows: z.number().optional(),
  cols: z.number().optional(),
  tiles: z.number().optional(),
  image_seq_len: z.number().optional(),
  grid_thw: z.array(z.number()).optional(),
  tokens: z.number().optional(),
});
export type ImageInfo = z.infer<typeof imageInfoSchema>;

export const imagesSchema = z.object({
  images: z.array(z.object({ name: z.string(), lossy: z.boolean(), binding: z.boolean(), size })),
});
export const badImagesSchema = z.object({ files: z.array(z.object({ name: z.string(), pillow: z.string() })) });
export const resizeSchema = z.object({
  cases: z.array(z.object({ tensor: z.string(), image: z.string(), size, filter: z.enum(['bicubic', 'bilinear', 'lanczos']) })),
});

export const preprocessSchema = z.object({
  settings: z.record(z.string(), imageSettingsSchema),
  image_mean: z.array(z.number()),
  image_std: z.array(z.number()),
  rescale_factor: z.number(),
  cases: z.array(imageInfoSchema.extend({
    image: z.string(),
    setting: z.string(),
    shape: z.array(z.number()).optional(),
    tensor_u8: z.string().optional(),
    tensor_float: z.string().optional(),
    sum: z.number().optional(),
    error: z.string().optional(),
  })),
});
export type PreprocessFile = z.infer<typeof preprocessSchema>;

const tokenised = z.object({ prompt_ids: ids, target_ids: ids, input_ids: ids, labels: ids });
export const tokensSchema = z.object({
  end_token: z.string(),
  end_id: z.number(),
  decode_round_trips: strings,
  samples: z.array(z.object({
    case: z.string(),
    text: z.string(),
    labels: strings,
    class_names: strings,
    image_info: imageInfoSchema,
    answer: z.string(),
    prompt_text: z.string(),
    target_text: z.string(),
    literal: tokenised,
    plain: z.union([z.literal('same as literal'), tokenised]),
    decoded_target: z.string(),
  })),
});

export const samplesSchema = z.object({
  class_names: strings,
  /** Of all samples; preprocess.json has them under each sample's `setting` too. */
  image_settings: imageSettingsSchema.optional(),
  samples: z.array(z.object({
    index: z.number(),
    text: z.string(),
    labels: strings,
    image: z.string(),
    setting: z.string(),
    image_info: imageInfoSchema,
    prompt_ids: ids,
    target_ids: ids,
    input_ids: ids,
    label_ids: ids,
  })),
});

const forwardCase = z.object({ samples: z.array(z.number()), loss: z.number(), label_tokens: z.number() });
export const forwardSchema = z.record(z.string(), forwardCase);
const cap = z.number().nullable();
export const forwardCapsSchema = z.record(z.string(), z.object({ attention_cap: cap, final_cap: cap, loss: z.number() }));

export const adapterExpectedSchema = z.object({
  same_as: z.string().optional(),
  loss: z.number().optional(),
  gradient_norm: z.number().optional(),
  samples: z.array(z.number()).optional(),
});

export const nf4Schema = z.object({
  quantised: strings,
  plain: z.object({ loss: z.number(), loss_with_lora_base: z.number() }),
});

export const targetsSchema = z.object({
  r: z.number(),
  cases: z.array(z.object({
    case: z.string(),
    config: z.record(z.string(), z.unknown()),
    modules: strings.optional(),
    trainable_parameters: z.number().optional(),
    target_modules_on_disk: z.union([z.string(), strings]).optional(),
    error: z.string().optional(),
  })),
});

const runSchema = z.object({
  schedule: z.enum(['linear', 'cosine', 'constant', 'constant_with_warmup']),
  updates_total: z.number(),
  warmup_ratio: z.number(),
  warmup_steps: z.number(),
  learning_rate: z.number(),
  init: z.string(),
  final: z.string(),
  updates: z.array(z.object({
    step: z.number(),
    micro_batches: z.array(z.array(z.number())),
    label_tokens: z.number(),
    micro_losses: z.array(z.number()),
    loss: z.number(),
    learning_rate: z.number(),
    grad_norm: z.number(),
  })),
});
export type TrainingRun = z.infer<typeof runSchema>;
export const trainSchema = z.object({
  betas: z.tuple([z.number(), z.number()]),
  eps: z.number(),
  weight_decay: z.number(),
  max_grad_norm: z.number(),
}).catchall(z.union([runSchema, z.unknown()]));
export { runSchema };

export const generateSchema = z.object({
  max_new_tokens: z.number(),
  eos_ids: ids,
  smallest_margin: z.number(),
  runs: z.record(z.string(), z.object({
    adapter: z.string().nullable(),
    new_ids: z.array(ids),
    batch_left_padded_new_ids: z.array(ids),
    text: strings,
  })),
});

export const labelScoresSchema = z.object({
  labels: strings,
  target_ids: z.array(ids),
  samples: z.record(z.string(), z.array(z.object({
    sample: z.number(),
    log_probability: z.array(z.number()),
    marginal: z.array(z.number()),
    best: strings,
  }))),
});

export const modelConfigSchema = z.object({ model_type: z.string() });
