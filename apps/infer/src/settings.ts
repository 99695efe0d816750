import { decisionRules, precisionSettings, setting, trainingConfigSchema, type DecisionRule } from '@mmhs/trainer';
import { z } from 'zod';

const training = trainingConfigSchema.shape;
const count = z.int().positive();
const seconds = z.number().positive();

/** Flags of this command; those that training has too are the same. */
export const inferSchema = z.strictObject({
  adapter: setting(z.array(z.string().min(1)).min(1), {
    group: 'Adapter', value: 'FOLDER', help: 'Adapter that training wrote, with its prompt.json. May be given several times with --serve.',
  }),
  model_id: setting(z.string().min(1).nullable().default(null), {
    group: 'Adapter', value: 'FOLDER|NAME', help: 'Checkpoint folder, or name of a model on the Hugging Face Hub.',
    byDefault: 'the one the adapter names',
  }),
  revision: setting(z.string().min(1).nullable().default(null), {
    group: 'Adapter', value: 'BRANCH|TAG|COMMIT', help: 'Version of a model on the Hub.', byDefault: 'the one the adapter names, or main',
  }),
  rule: setting(z.enum(decisionRules as [DecisionRule, ...DecisionRule[]]).default('thresholds'), {
    group: 'Adapter', help: 'How labels follow from what the model says: thresholds on the probability of each label (those tuned for the adapter, else 0.5), marginals (0.5 for all), the likeliest array of labels, or an answer written freely or constrained to labels.',
  }),
  scores: setting(z.boolean().default(false), { group: 'Adapter', help: 'Give the probability of each label where the rule does without.' }),
  exact_up_to: setting(z.int().min(0).default(8), {
    group: 'Adapter', value: 'LABELS',
    help: 'With up to so many labels probabilities are exact. With more, a post that the model is unsure about would take long: they are estimates where the likeliest label arrays do not settle them, and the answer says what is missing.',
  }),
  merge: setting(z.boolean().default(false), {
    group: 'Adapter', help: 'Merge the adapter into a copy of the weights it changes: faster, and more memory.',
  }),
  ...precisionSettings,
  max_prompt_tokens: setting(count.default(2048), {
    group: 'Adapter', value: 'TOKENS', help: 'Longest prompt, tokens of the picture not counted; posts with a longer text are refused, as memory grows with the square of it.',
  }),
  max_new_tokens: training.max_new_tokens,
  device: training.device,
  threads: training.threads,

  text: setting(z.string().default(''), { group: 'One post', help: "The post's text." }),
  image: setting(z.string().min(1).nullable().default(null), {
    group: 'One post', value: 'FILE', help: "The post's picture.", byDefault: 'none',
  }),
  json: setting(z.boolean().default(false), { group: 'One post', help: 'Print the whole answer as JSON.' }),

  input: setting(z.string().min(1).nullable().default(null), {
    group: 'A file of posts', value: 'FILE', help: 'Posts as CSV, or JSON Lines by the ending .jsonl; labels in it are not looked at.', byDefault: 'none',
  }),
  output: setting(z.string().min(1).nullable().default(null), {
    group: 'A file of posts', value: 'FILE', help: 'Answers as JSON Lines. Rows that are already there are not labelled again.', byDefault: 'needed with --input',
  }),
  overwrite: setting(z.boolean().default(false), { group: 'A file of posts', help: 'Begin the output anew.' }),
  batch_size: setting(count.default(8), { group: 'A file of posts', value: 'POSTS', help: 'Posts labelled at the same time, here and with --serve.' }),
  text_only: setting(z.boolean().default(false), { group: 'A file of posts', help: 'Look at texts alone; for a file without a column of pictures.' }),
  image_root: training.image_root,
  text_column: training.text_column,
  image_column: training.image_column,
  id_column: training.id_column,
  progress: training.progress,

  serve: setting(z.boolean().default(false), { group: 'Server', help: 'Answer HTTP requests, and show a page at /.' }),
  host: setting(z.string().min(1).default('127.0.0.1'), { group: 'Server', value: 'ADDRESS', help: '0.0.0.0 for all of the machine.' }),
  port: setting(z.int().min(0).max(65535).default(8080), { group: 'Server', help: '0 for any that is free.' }),
  batch_wait_ms: setting(z.number().min(0).default(10), {
    group: 'Server', value: 'MILLISECONDS', help: 'How long a post may wait for company when nothing else runs.',
  }),
  max_requests: setting(count.default(64), {
    group: 'Server', value: 'REQUESTS', help: 'Requests that are answered or wait; more get 429 with Retry-After.',
  }),
  max_lines: setting(count.default(1000), { group: 'Server', value: 'LINES', help: 'Most posts of a request.' }),
  max_body_mb: setting(z.number().positive().default(10), { group: 'Server', value: 'MEBIBYTES', help: 'Largest body.' }),
  max_text_chars: setting(count.default(20_000), { group: 'Server', value: 'CHARACTERS', help: 'Longest text of a post.' }),
  max_image_pixels: setting(count.default(50_000_000), { group: 'Server', value: 'PIXELS', help: 'Largest picture.' }),
  receive_timeout: setting(seconds.default(30), { group: 'Server', value: 'SECONDS', help: 'Time a client has to send its request.' }),
  answer_timeout: setting(seconds.default(60), { group: 'Server', value: 'SECONDS', help: 'Time the server has to answer.' }),
  drain_timeout: setting(seconds.default(25), { group: 'Server', value: 'SECONDS', help: 'Time for open requests after SIGTERM or Ctrl-C.' }),
});

/** This command's settings with their defaults. */
export type InferSettings = z.infer<typeof inferSchema>;
