import { z } from 'zod';
import { setting } from './flags-settings.ts';

const path = z.string().min(1);
const share = z.number().min(0).max(1);
const count = z.int().positive();
const modules = z.union([z.string().min(1), z.array(z.string().min(1))]);
const metric = z.string().min(1);

/**
 * Every setting of a training run: the one source of flags, variables, config keys, defaults and help. Names are those of
 * the Python original and of PEFT where they have one.
 */
export const trainingConfigSchema = z.strictObject({
  model: setting(z.string().min(1).default('auto'), {
    group: 'Model', value: 'FAMILY', help: 'Family of the model.',
    byDefault: "the family that reads the checkpoint's model_type",
  }),
  model_id: setting(path.nullable().default(null), {
    group: 'Model', value: 'FOLDER|NAME',
    help: 'Checkpoint: a folder with config.json, *.safetensors and the tokenizer, or the name of a model on the Hugging Face Hub.',
    byDefault: "the family's usual checkpoint",
  }),
  revision: setting(z.string().min(1).nullable().default(null), {
    group: 'Model', value: 'BRANCH|TAG|COMMIT', help: 'Version of a model on the Hub.', byDefault: 'main',
  }),
  load_in_4bit: setting(z.boolean().default(false), {
    group: 'Model', original: 'true',
    help: "Keep the linear weights of the language model's layers in 4 bits (NF4, as QLoRA does) and train the adapter on them: less " +
      'memory, more time. Kept with the adapter, so that labelling does the same.',
  }),
  vision_products: setting(z.enum(['float32', 'int8']).default('float32'), {
    group: 'Model',
    help: "How a frozen vision tower's products are computed: 8 bits are faster, but round the image features. Kept with the adapter, so " +
      'that labelling does the same.',
  }),
  fp16: setting(z.boolean().default(false), {
    group: 'Model', help: 'Train in half precision.', original: 'true or false, by model',
    inert: 'all arithmetic is fp32; checkpoints stored in fp16 or bf16 are read as they are.',
  }),
  bf16: setting(z.boolean().default(false), {
    group: 'Model', help: 'Train in bfloat16.', original: 'true or false, by model',
    inert: 'all arithmetic is fp32; checkpoints stored in fp16 or bf16 are read as they are.',
  }),
  enable_flash_attn: setting(z.boolean().default(false), {
    group: 'Model', help: 'Use flash attention.', original: 'true',
    inert: 'there is one attention, part of the compiled graph (in the original the switch did nothing either).',
  }),
  compile: setting(z.boolean().default(false), {
    group: 'Model', help: 'Compile the model.', inert: 'the graph is always compiled before the first step.',
  }),

  train_csv: setting(path.nullable().default(null), {
    group: 'Data', value: 'FILE', help: 'Posts to learn from: CSV, or JSON Lines by its ending .jsonl.',
    byDefault: 'the demo job runs when neither this nor --config is given',
  }),
  val_csv: setting(path.nullable().default(null), {
    group: 'Data', value: 'FILE', help: 'Posts for evaluation while training.', byDefault: 'no evaluation while training',
  }),
  test_csv: setting(path.nullable().default(null), {
    group: 'Data', value: 'FILE', help: 'Posts for the evaluation at the end.', byDefault: 'none',
  }),
  image_root: setting(path.nullable().default(null), {
    group: 'Data', value: 'FOLDER', help: 'Folder that picture paths start from.', byDefault: "each file's own folder",
  }),
  class_names: setting(z.union([z.string(), z.array(z.string())]).nullable().default(null), {
    group: 'Data', value: 'A,B,...|JSON|FILE',
    help: 'Labels in their canonical order: a comma list, a JSON array (for names with commas), or a file with one a line.',
    byDefault: 'class_names.txt beside --train_csv; without it, all labels that occur, sorted',
    original: 'racist,sexist,homophobe,religion,otherhate',
  }),
  text_column: setting(z.string().nullable().default(null), {
    group: 'Data', value: 'NAME', help: "Column of the post's text.", byDefault: 'text',
  }),
  image_column: setting(z.string().nullable().default(null), {
    group: 'Data', value: 'NAME', help: "Column of the picture's path.", byDefault: 'image_path, image or img',
  }),
  labels_column: setting(z.string().nullable().default(null), {
    group: 'Data', value: 'NAME', help: 'Column of the labels: a list, or 0/1.', byDefault: 'labels or label',
  }),
  id_column: setting(z.string().nullable().default(null), {
    group: 'Data', value: 'NAME', help: "Column of the post's identifier.", byDefault: 'id; without it, the line number',
  }),
  on_bad_row: setting(z.enum(['error', 'skip']).default('error'), {
    group: 'Data', help: 'What to do with an unusable row. Skipped rows are listed and counted.', original: 'dropped in silence',
  }),
  on_unknown_label: setting(z.enum(['error', 'drop']).default('error'), {
    group: 'Data', help: 'What to do with a label outside of --class_names. Dropped ones are listed and counted.',
    original: 'dropped in silence',
  }),
  on_bad_image: setting(z.enum(['error', 'skip', 'blank']).default('error'), {
    group: 'Data', help: 'What to do with posts whose picture cannot be read; all are checked before the first step.',
    original: 'dropped or replaced in silence',
  }),

  prompt_preset: setting(z.enum(['default', 'original']).default('default'), {
    group: 'Prompt', help: "Wording of the instruction: default lists the labels as JSON, original as the original's Python list.",
  }),
  longest_edge: setting(count.nullable().default(null), {
    group: 'Prompt', value: 'PIXELS', aliases: ['image_size'],
    help: "Longest edge of pictures, for models that cut them into tiles: the tile's size gives one tile, twice that at most five.",
    byDefault: "the checkpoint's",
  }),
  min_pixels: setting(count.nullable().default(null), {
    group: 'Prompt', value: 'PIXELS', help: 'Fewest pixels of a picture, for models that read pictures in their own size.', byDefault: "the checkpoint's",
  }),
  max_pixels: setting(count.nullable().default(null), {
    group: 'Prompt', value: 'PIXELS', help: 'Most pixels of a picture, for models that read pictures in their own size.', byDefault: "the checkpoint's",
  }),
  min_image_tokens: setting(count.nullable().default(null), {
    group: 'Prompt', value: 'TOKENS', help: 'Fewest image tokens.', original: '32',
    inert: 'no processor reads it (nor did any in the original): use --longest_edge.', byDefault: 'none',
  }),
  max_image_tokens: setting(count.nullable().default(null), {
    group: 'Prompt', value: 'TOKENS', help: 'Most image tokens.', original: '128',
    inert: 'no processor reads it (nor did any in the original): use --longest_edge.', byDefault: 'none',
  }),
  max_length: setting(count.nullable().default(null), {
    group: 'Prompt', value: 'TOKENS',
    help: "Longest prompt and answer together. Only the post's text is shortened, from its middle; cuts are counted.",
    byDefault: 'no limit',
  }),

  use_lora: setting(z.boolean().default(true), {
    group: 'Adapter', help: 'Train a LoRA adapter; switched off, all weights of the model are trained.',
  }),
  lora_r: setting(count.default(8), { group: 'Adapter', help: 'Rank of the update.', original: '4; smol 1' }),
  lora_alpha: setting(z.number().positive().default(32), {
    group: 'Adapter', help: 'Scale of the update: it is multiplied by alpha / r.',
  }),
  lora_dropout: setting(z.number().min(0).lt(1).default(0), {
    group: 'Adapter', value: 'SHARE', help: "Share of the adapter's inputs dropped while training.", original: '0.05',
  }),
  lora_target_modules: setting(modules.nullable().default(null), {
    group: 'Adapter', value: 'A,B,...|REGEX|all-linear',
    help: "Linears that get an adapter: endings of their paths, one regular expression on whole paths, or all-linear.",
    byDefault: "the language model's linears", original: 'q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj',
  }),
  exclude_modules: setting(modules.nullable().default(null), {
    group: 'Adapter', value: 'A,B,...|REGEX', help: 'Linears that get none although they match.', byDefault: 'none',
  }),
  layers_to_transform: setting(z.array(z.int().min(0)).nullable().default(null), {
    group: 'Adapter', value: 'N,N,...', help: 'Numbers of the layers that get an adapter.', byDefault: 'all',
  }),
  use_rslora: setting(z.boolean().default(false), { group: 'Adapter', help: 'Scale by alpha / sqrt(r).' }),
  rank_pattern: setting(z.record(z.string(), count).default({}), {
    group: 'Adapter', value: 'PATTERN=R,...', help: 'Ranks of single modules.',
  }),
  alpha_pattern: setting(z.record(z.string(), z.number().positive()).default({}), {
    group: 'Adapter', value: 'PATTERN=ALPHA,...', help: 'Alphas of single modules.',
  }),
  modules_to_save: setting(z.array(z.string().min(1)).nullable().default(null), {
    group: 'Adapter', help: 'Modules trained and saved whole.', byDefault: 'none',
  }),

  learning_rate: setting(z.number().positive().default(2e-4), { group: 'Training', help: 'Highest learning rate.' }),
  lr_scheduler_type: setting(z.enum(['linear', 'cosine', 'constant']).default('linear'), {
    group: 'Training', help: 'How the learning rate falls after warm-up.',
  }),
  warmup_ratio: setting(share.default(0.03), { group: 'Training', value: 'SHARE', help: 'Share of all steps that warm up.' }),
  warmup_steps: setting(z.int().min(0).nullable().default(null), {
    group: 'Training', value: 'STEPS', help: 'Steps that warm up.', byDefault: '--warmup_ratio decides',
  }),
  weight_decay: setting(z.number().min(0).default(0), { group: 'Training', help: 'Weight decay of AdamW.' }),
  adam_beta1: setting(z.number().min(0).lt(1).default(0.9), { group: 'Training', help: "AdamW's beta1." }),
  adam_beta2: setting(z.number().min(0).lt(1).default(0.999), { group: 'Training', help: "AdamW's beta2." }),
  adam_epsilon: setting(z.number().positive().default(1e-8), { group: 'Training', help: "AdamW's epsilon." }),
  max_grad_norm: setting(z.number().min(0).default(1), {
    group: 'Training', help: 'Gradients are scaled down to this norm; 0 leaves them as they are.',
  }),
  num_train_epochs: setting(z.number().positive().default(1), { group: 'Training', help: 'Passes over the training posts.' }),
  max_steps: setting(count.nullable().default(null), {
    group: 'Training', value: 'STEPS', help: 'Steps of the optimiser, whatever --num_train_epochs says.',
    byDefault: '--num_train_epochs decides',
  }),
  per_device_train_batch_size: setting(count.default(4), {
    group: 'Training', value: 'POSTS', help: 'Posts computed at once.', original: '1, 4 or 8, by model',
  }),
  gradient_accumulation_steps: setting(count.default(1), {
    group: 'Training', help: 'Batches per step; every label token of a step weighs the same.', original: '2; smol 1',
  }),
  group_by_length: setting(z.boolean().default(true), {
    group: 'Training', help: 'Put posts of similar length into one batch.', original: 'false',
  }),
  seed: setting(z.int().min(0).max(0xffffffff).default(42), {
    group: 'Training', help: 'Seed of everything random: same seed, same machine, same bits.',
  }),

  eval_strategy: setting(z.enum(['epoch', 'steps', 'no']).default('epoch'), {
    group: 'Evaluation', help: 'When to evaluate on --val_csv while training.', original: 'steps; smol epoch',
  }),
  eval_steps: setting(count.default(500), {
    group: 'Evaluation', value: 'STEPS', help: 'Steps between evaluations, with --eval_strategy steps.', original: '8000',
  }),
  per_device_eval_batch_size: setting(count.default(8), {
    group: 'Evaluation', value: 'POSTS', help: 'Posts evaluated at once.', original: '4 or 24, by model',
  }),
  metric_for_best_model: setting(metric.default('f1_macro'), {
    group: 'Evaluation', value: 'METRIC',
    help: 'Metric that decides which checkpoint is best: loss, f1_micro, f1_macro, f1_weighted, f1_samples, subset_accuracy, ' +
      'hamming_loss, invalid_json_rate, or precision_, recall_ or f1_ and a label.',
    original: 'eval_f1_macro; smol eval_loss',
  }),
  load_best_model_at_end: setting(z.boolean().default(true), {
    group: 'Evaluation', help: 'Keep the best adapter, not the last one.',
  }),
  early_stopping_metric: setting(metric.nullable().default(null), {
    group: 'Evaluation', value: 'METRIC', aliases: ['early'], help: 'Metric that must improve, or training stops.',
    byDefault: '--metric_for_best_model',
  }),
  patience: setting(z.int().min(0).default(2), {
    group: 'Evaluation', value: 'EVALUATIONS',
    help: 'Evaluations in a row without an improvement after which training stops; 0 never stops it.',
  }),
  zero_division: setting(z.literal([0, 1]).default(0), {
    group: 'Evaluation', help: 'Value of 0/0, such as the F1 of a label that neither occurs nor is predicted.', original: '1',
  }),
  max_new_tokens: setting(count.default(64), {
    group: 'Evaluation', value: 'TOKENS', help: 'Longest generated answer.',
  }),
  temperature: setting(z.number().min(0).default(0), {
    group: 'Evaluation', help: 'Randomness of generated answers.',
    inert: 'answers always take the likeliest token, as with 0.',
  }),
  top_p: setting(z.number().gt(0).max(1).default(1), {
    group: 'Evaluation', value: 'SHARE', help: 'Draw among the likeliest tokens that together have this probability.',
    inert: 'answers always take the likeliest token, as with --temperature 0.',
  }),
  log_eval_predictions: setting(z.boolean().default(true), {
    group: 'Evaluation', help: 'Show some answers at each evaluation.',
  }),
  log_eval_n_examples: setting(z.int().min(0).default(5), { group: 'Evaluation', value: 'POSTS', help: 'How many.' }),
  save_eval_predictions: setting(z.boolean().default(false), {
    group: 'Evaluation', help: 'Write all answers of the final evaluation to eval_predictions.jsonl and test_predictions.jsonl.',
  }),
  tune_thresholds: setting(z.boolean().default(false), {
    group: 'Evaluation', help: 'At the end choose a threshold for each label on --val_csv, and keep them beside the adapter.',
  }),
  calibration: setting(z.enum(['none', 'platt']).default('none'), {
    group: 'Evaluation', help: 'How --tune_thresholds corrects the probabilities before: not at all, or by Platt scaling of each label.',
  }),

  out_dir: setting(path.nullable().default(null), {
    group: 'Run', value: 'FOLDER', help: 'Folder of the run: adapter, checkpoints, metrics, logs.',
    byDefault: 'runs/FAMILY_lora', original: 'runs/smolvlm_lora and the like',
  }),
  resume: setting(z.boolean().default(false), {
    group: 'Run', help: 'Go on from the last whole checkpoint in --out_dir; the result is the same bit for bit.',
  }),
  overwrite_out_dir: setting(z.boolean().default(false), {
    group: 'Run', help: 'Start afresh where --out_dir holds an earlier run, and remove that run. --resume goes first.',
  }),
  logging_steps: setting(count.default(20), { group: 'Run', value: 'STEPS', help: 'Steps between log entries.' }),
  save_steps: setting(count.nullable().default(null), {
    group: 'Run', value: 'STEPS', help: 'Steps between checkpoints.', byDefault: 'one at each evaluation, or epoch without any',
  }),
  save_total_limit: setting(count.nullable().default(2), {
    group: 'Run', help: 'Checkpoints kept; the best one is kept besides.',
  }),
  device: setting(z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'), { group: 'Run', help: 'Where the arithmetic runs.' }),
  threads: setting(z.int().min(0).default(0), {
    group: 'Run', help: 'Threads for the arithmetic.', byDefault: 'one per core',
  }),
  feature_cache: setting(z.enum(['memory', 'disk', 'off']).default('memory'), {
    group: 'Run', help: "Where the frozen vision tower's features are kept, so that each picture is computed once.",
  }),
  feature_cache_gb: setting(z.number().positive().default(2), {
    group: 'Run', value: 'GB', help: 'Most room the features may take; beyond it they are computed again.',
  }),
  shared_prefix: setting(z.boolean().default(true), {
    group: 'Run', help: 'Compute the instructions once per batch: the same loss with fewer tokens.',
  }),
  gradient_checkpointing: setting(z.boolean().default(false), {
    group: 'Run', help: "Compute decoder layers again in the backward pass instead of keeping what they made: less memory, more time.",
  }),
  progress: setting(z.enum(['auto', 'bar', 'plain', 'off']).default('auto'), {
    group: 'Run', help: 'How progress is shown: a bar on a terminal, plain lines elsewhere.',
  }),
  debug_shapes: setting(z.boolean().default(false), {
    group: 'Run', help: 'Print the shapes of the first batch.', original: 'false',
    inert: 'every shape is checked when the graph is built, and the table before step 1 shows the tokens.',
  }),
  dry_run: setting(z.boolean().default(false), {
    group: 'Run', help: 'Check settings and data, print the plan, and stop before the first step.',
  }),
  config: setting(path.nullable().default(null), {
    group: 'Run', value: 'FILE', help: 'YAML or JSON file with any of these settings by their names. Flags and variables win.',
    byDefault: 'none',
  }),
});

/** Settings as the sources give them, with defaults. */
export type TrainingSettings = z.output<typeof trainingConfigSchema>;
