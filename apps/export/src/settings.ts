import { exportTypes, setting, trainingConfigSchema, type ExportType } from '@mmhs/trainer';
import { z } from 'zod';

const text = z.string().min(1);

/** Flags of this command. */
export const exportSchema = z.strictObject({
  adapter: setting(text.nullable().default(null), {
    group: 'Model', value: 'FOLDER', help: 'Adapter that training wrote; it is merged into the model.', byDefault: 'none: the model alone',
  }),
  model_id: setting(text.nullable().default(null), {
    group: 'Model', value: 'FOLDER|NAME', help: 'Checkpoint folder, or name of a model on the Hugging Face Hub.',
    byDefault: 'the one the adapter names',
  }),
  out: setting(text.nullable().default(null), {
    group: 'Output', value: 'FOLDER', help: 'Folder to write.', byDefault: 'transformersjs beside the adapter; without one, here',
  }),
  format: setting(z.enum(['transformersjs']).default('transformersjs'), {
    group: 'Output', aliases: ['export'], help: 'Library that is to load the folder: @huggingface/transformers.',
  }),
  dtype: setting(z.array(z.enum(exportTypes as unknown as [ExportType, ...ExportType[]])).min(1).default([...exportTypes]), {
    group: 'Output', value: 'fp32,fp16,q8,q4', help: 'Variants to write: how weights are stored.',
  }),
  progress: trainingConfigSchema.shape.progress,
});
