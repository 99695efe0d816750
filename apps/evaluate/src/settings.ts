import { decisionRules, precisionSettings, setting, trainingConfigSchema, type DecisionRule } from '@mmhs/trainer';
import { z } from 'zod';

const training = trainingConfigSchema.shape;
const file = z.string().min(1).nullable().default(null);
const ofTheRun = 'what the run was trained with';

/** Flags of this command; those that training has too are the same. */
export const evaluateSchema = z.strictObject({
  adapter: setting(z.string().min(1), {
    group: 'Adapter', value: 'FOLDER', help: 'Adapter that training wrote, with its prompt.json.',
  }),
  model_id: setting(z.string().min(1).nullable().default(null), {
    group: 'Adapter', value: 'FOLDER|NAME', help: 'Checkpoint folder, or name of a model on the Hugging Face Hub.',
    byDefault: 'the one the adapter names',
  }),
  revision: setting(z.string().min(1).nullable().default(null), {
    group: 'Adapter', value: 'BRANCH|TAG|COMMIT', help: 'Version of a model on the Hub.', byDefault: 'the one the adapter names, or main',
  }),
  rule: setting(z.enum(decisionRules as [DecisionRule, ...DecisionRule[]]).default('generate'), {
    group: 'Adapter', help: 'How labels follow from what the model says.',
  }),
  scores: setting(z.boolean().default(true), {
    group: 'Adapter', help: 'Compute the probability of each label, for curves and calibration.',
  }),
  exact_up_to: setting(z.int().min(0).default(8), {
    group: 'Adapter', value: 'LABELS',
    help: 'With up to so many labels probabilities are exact. With more, a post that the model is unsure about would take long: they are estimates where the likeliest label arrays do not settle them, and predictions.jsonl says what is missing.',
  }),
  ...precisionSettings,
  agreement: setting(z.boolean().default(false), {
    group: 'Adapter', help: 'Label the posts in float32 too, and say how many answers are the same and how far scores differ.',
  }),
  max_new_tokens: training.max_new_tokens,
  per_device_eval_batch_size: training.per_device_eval_batch_size,
  device: training.device,
  threads: training.threads,

  splits: setting(z.array(z.enum(['val', 'test'])).min(1).nullable().default(null), {
    group: 'Data', value: 'val,test', help: 'Splits to evaluate.', byDefault: 'those there is a file for',
  }),
  val_csv: setting(file, {
    group: 'Data', value: 'FILE', help: 'Validation posts: CSV, JSON Lines or Parquet.', byDefault: ofTheRun,
  }),
  test_csv: setting(file, {
    group: 'Data', value: 'FILE', aliases: ['csv'], help: 'Test posts. With a file given here, none of the run is used.', byDefault: ofTheRun,
  }),
  image_root: training.image_root,
  text_column: training.text_column,
  image_column: training.image_column,
  labels_column: training.labels_column,
  id_column: training.id_column,
  on_bad_row: training.on_bad_row,
  on_unknown_label: training.on_unknown_label,
  zero_division: training.zero_division,

  out_dir: setting(file, {
    group: 'Output', value: 'FOLDER', help: 'Folder for metrics, predictions and report.', byDefault: 'evaluation, beside the adapter',
  }),
  report: setting(z.boolean().default(true), { group: 'Output', help: 'Write report.html.' }),
  compare: setting(file, {
    group: 'Output', value: 'RUN|FILE', help: 'Another evaluated run or its predictions.jsonl, to be tested against on the same posts.', byDefault: 'none',
  }),
  worst: setting(z.int().min(0).default(12), {
    group: 'Output', value: 'POSTS', help: 'Worst mistakes of each kind that the report shows.',
  }),
  resamples: setting(z.int().positive().default(1000), { group: 'Output', help: 'Resamples behind each interval.' }),
  json: setting(z.boolean().default(false), { group: 'Output', help: 'Print the metrics as JSON.' }),
  progress: training.progress,
});

/** This command's settings with their defaults. */
export type EvaluateSettings = z.output<typeof evaluateSchema>;
