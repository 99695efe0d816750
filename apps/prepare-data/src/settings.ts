import { setting, trainingConfigSchema } from '@mmhs/trainer';
import { z } from 'zod';

const training = trainingConfigSchema.shape;
const word = z.string().min(1).nullable().default(null);

/** Flags of the command without a name: preparing a data set. */
export const prepareSchema = z.strictObject({
  dataset: setting(z.enum(['mmhs150k', 'hateful_memes']).default('mmhs150k'), { group: 'Data set', help: 'Data set to prepare.' }),
  out_root: setting(z.string().min(1).default('data'), {
    group: 'Data set', value: 'FOLDER', help: 'Folder to make the data set in; what is downloaded is kept there in _raw_... folders.',
  }),
  vote_policy: setting(z.enum(['any', 'majority', 'unanimous', 'soft']).default('any'), {
    group: 'Data set',
    help: 'mmhs150k: how three votes become labels; soft is any, with the shares of votes in the column soft_labels.',
  }),
  ocr: setting(z.boolean().default(false), {
    group: 'Data set', help: 'mmhs150k: add the text recognised in the pictures as the column ocr_text.',
  }),
  fine_grained: setting(z.enum(['protected_category', 'attack']).nullable().default(null), {
    group: 'Data set', help: 'hateful_memes: make hateful_memes_... with these labels instead of harmful or not.', byDefault: 'harmful or not',
  }),
  on_missing_image: setting(z.enum(['skip', 'keep', 'error']).default('skip'), {
    group: 'Data set', help: 'What to do with posts whose picture is missing or damaged. They are listed and counted.',
    original: 'dropped in silence',
  }),
  overwrite: setting(z.boolean().default(false), { group: 'Data set', help: 'Replace a data set that is there already.' }),
  archive: setting(word, {
    group: 'Source', value: 'FILE', help: 'The raw data set that is here already: a zip file, or the folder it was unpacked to.',
    byDefault: 'downloaded',
  }),
  url: setting(word, {
    group: 'Source', value: 'URL', help: 'mmhs150k: address of the zip file.', byDefault: "its authors' Google Drive file, then their server",
  }),
  drive_id: setting(word, {
    group: 'Source', value: 'ID', help: 'mmhs150k: identifier of the zip file on Google Drive.', byDefault: "its authors' file",
  }),
  sha256: setting(word, { group: 'Source', value: 'HEX', help: 'mmhs150k: SHA-256 the zip file must have.', byDefault: 'not checked' }),
  repository: setting(z.string().min(1).default('neuralcatcher/hateful_memes'), {
    group: 'Source', value: 'OWNER/NAME', help: 'hateful_memes: its repository on the Hugging Face Hub.',
  }),
  revision: setting(z.string().min(1).default('main'), {
    group: 'Source', value: 'NAME', help: 'hateful_memes: branch, tag or commit of the repository.',
  }),
  annotations: setting(word, {
    group: 'Source', value: 'FOLDER', help: 'Fine-grained train.json, dev_seen.json and dev_unseen.json.', byDefault: 'downloaded',
  }),
  json: setting(z.boolean().default(false), { group: 'Output', help: 'Print the report as JSON.' }),
  progress: training.progress,
});

/** Flags of `inspect`. */
export const inspectSchema = z.strictObject({
  data: setting(word, {
    group: 'Data', value: 'FOLDER', help: 'Folder with train, val and test as .csv, .jsonl or .parquet.', byDefault: 'none',
  }),
  train_csv: setting(word, { group: 'Data', value: 'FILE', help: 'Posts for training.', byDefault: 'that of --data' }),
  val_csv: setting(word, { group: 'Data', value: 'FILE', help: 'Posts for validation.', byDefault: 'that of --data' }),
  test_csv: setting(word, { group: 'Data', value: 'FILE', help: 'Posts for the test.', byDefault: 'that of --data' }),
  image_root: training.image_root,
  class_names: setting(word, {
    group: 'Data', value: 'A,B,...|JSON|FILE', help: 'Labels in their order; others are reported.',
    byDefault: 'class_names.txt beside the first file; without it, all labels that occur',
  }),
  text_column: training.text_column,
  image_column: training.image_column,
  labels_column: training.labels_column,
  id_column: training.id_column,
  pictures: setting(z.boolean().default(true), { group: 'Report', help: 'Look at the pictures, not only at the rows.' }),
  max_distance: setting(z.int().min(0).max(15).default(15), {
    group: 'Report', help: 'Bits of a 256-bit perceptual hash that may differ between pictures that count as alike; at most 15.',
  }),
  json: setting(z.boolean().default(false), { group: 'Report', help: 'Print the report as JSON, complete.' }),
  report: setting(word, { group: 'Report', value: 'FILE', help: 'Write the JSON report to this file too.', byDefault: 'none' }),
  progress: training.progress,
});
