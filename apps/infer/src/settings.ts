import { settingDescriptions, trainingConfigSchema, type SettingDescription } from '@mmhs/trainer';
import { z } from 'zod';

function setting<Field extends z.ZodType>(field: Field, description: SettingDescription): Field {
  settingDescriptions.add(field, description);
  return field;
}

const training = trainingConfigSchema.shape;

/** Flags of this command; those that training has too are the same. */
export const inferSchema = z.strictObject({
  adapter: setting(z.string().min(1), {
    group: 'Adapter', value: 'FOLDER', help: 'Adapter that training wrote, with its prompt.json.',
  }),
  model_id: setting(z.string().min(1).nullable().default(null), {
    group: 'Adapter', value: 'FOLDER', help: 'Checkpoint folder.', byDefault: 'the one the adapter names',
  }),
  text: setting(z.string().default(''), { group: 'Post', help: "The post's text." }),
  image: setting(z.string().min(1).nullable().default(null), {
    group: 'Post', value: 'FILE', help: "The post's picture.", byDefault: 'none',
  }),
  max_new_tokens: training.max_new_tokens,
  device: training.device,
  threads: training.threads,
  json: setting(z.boolean().default(false), {
    group: 'Output', help: 'Print labels, the answer as generated, and whether it was well-formed, as JSON.',
  }),
});
