import { settingDescriptions, trainingConfigSchema, type SettingDescription } from '@mmhs/trainer';
import { z } from 'zod';

function setting<Field extends z.ZodType>(field: Field, description: SettingDescription): Field {
  settingDescriptions.add(field, description);
  return field;
}

const training = trainingConfigSchema.shape;

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
  test_csv: setting(z.string().min(1), {
    group: 'Data', value: 'FILE', aliases: ['csv'], help: 'Labelled posts: CSV, or JSON Lines by its ending .jsonl.',
  }),
  image_root: training.image_root,
  text_column: training.text_column,
  image_column: training.image_column,
  labels_column: training.labels_column,
  id_column: training.id_column,
  on_bad_row: training.on_bad_row,
  on_unknown_label: training.on_unknown_label,
  per_device_eval_batch_size: training.per_device_eval_batch_size,
  zero_division: training.zero_division,
  max_new_tokens: training.max_new_tokens,
  device: training.device,
  threads: training.threads,
  progress: training.progress,
  predictions: setting(z.string().min(1).nullable().default(null), {
    group: 'Output', value: 'FILE', help: 'Write gold and predicted labels and the answers as JSON Lines.', byDefault: 'none',
  }),
  json: setting(z.boolean().default(false), { group: 'Output', help: 'Print the metrics as JSON.' }),
});
