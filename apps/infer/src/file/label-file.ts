import { resolve } from 'node:path';
import { MmhsError, type Sample } from '@mmhs/core';
import { readSamples, type ReadSamplesOptions } from '@mmhs/data';
import { columnsOf, type ProgressReporter } from '@mmhs/trainer';
import { toRow, type AnswerRow } from '../answer-row.ts';
import { labellerSettings } from '../labeller-settings.ts';
import { labelEach } from '../labelling/label-each.ts';
import { openPostLabeller } from '../labelling/open-post-labeller.ts';
import type { AdapterFacts, PostLabeller } from '../labelling/post.ts';
import type { InferSettings } from '../settings.ts';
import { openAnswerFile, type AnswerFile } from './answer-file.ts';
import { postHash } from './post-hash.ts';

/** A row of the output. */
export type FileRow = { readonly id: string; readonly post_hash: string } & AnswerRow;

/** Posts are read, sorted by length and labelled so many batches at a time. */
const batchesAtOnce = 4;

/**
 * Labels the posts of a CSV or JSON Lines file into a JSON Lines file, going on where an earlier run stopped. Posts are read
 * as they are needed; an unusable row or picture is told to `progress` and left out.
 *
 * @throws MmhsError `MMHS_DATA_SKIPPED` at the end when something was left out, `MMHS_DATA_OUTPUT` when the output holds
 * other answers than this command's.
 */
export async function labelFile(options: {
  readonly settings: InferSettings;
  readonly cwd: string;
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal;
  /** Opens the labeller; another one in tests. */
  readonly open?: typeof openPostLabeller;
}): Promise<void> {
  const { settings, cwd, progress, signal, open = openPostLabeller } = options;
  const input = inputOf(settings, cwd, signal);
  let skipped = 0;
  const skip = (reason: string): void => {
    skipped += 1;
    progress.note(reason);
  };
  const total = await countPosts({ ...input, onProblem: ({ reason }) => skip(reason) });
  const labeller = await open({ ...labellerSettings(settings, cwd), signal });
  let output: AnswerFile | undefined;
  try {
    const facts = labeller.adapters[0] as AdapterFacts;
    output = await openAnswerFile({ path: resolve(cwd, settings.output ?? ''), adapter: facts, overwrite: settings.overwrite });
    progress.start({ name: 'label', total, done: Math.min(output.posts.size, total) });
    await labelRest({ posts: readSamples(input), labeller, facts, output, chunkSize: settings.batch_size * batchesAtOnce, progress, skip, signal });
  } finally {
    progress.stop();
    await output?.close();
    await labeller.close();
  }
  progress.note(`${output.posts.size} posts labelled in ${settings.output}${skipped === 0 ? '' : `, ${skipped} left out`}`);
  if (skipped > 0) {
    throw new MmhsError('MMHS_DATA_SKIPPED', 'Some posts could not be labelled', {
      where: settings.input ?? '', got: `${skipped} unusable rows or pictures, listed above`, fix: 'repair them and run the same command again',
    });
  }
}

function inputOf(settings: InferSettings, cwd: string, signal: AbortSignal): ReadSamplesOptions {
  return {
    path: resolve(cwd, settings.input ?? ''),
    ...(settings.image_root === null ? {} : { imageRoot: resolve(cwd, settings.image_root) }),
    columns: { ...columnsOf({ ...settings, labels_column: null }), labels: false, ...(settings.text_only ? { image: false } : {}) },
    requireLabels: false,
    onBadRow: 'skip',
    signal,
  };
}

/** A first pass over the rows: their number, and what is wrong with them, before any time goes into labelling. */
async function countPosts(input: ReadSamplesOptions): Promise<number> {
  let count = 0;
  try {
    for await (const _ of readSamples(input)) count += 1;
  } catch (error) {
    throw MmhsError.isInstance(error) && error.code === 'MMHS_DATA_MISSING_COLUMN' ? missingColumn(error) : error;
  }
  return count;
}

function missingColumn({ code, details }: MmhsError): MmhsError {
  return new MmhsError(code, 'A column is missing', {
    ...details, fix: 'name it with --text_column or --image_column, or pass --text_only where there are no pictures',
  });
}

async function labelRest(options: {
  readonly posts: AsyncIterable<Sample>;
  readonly labeller: PostLabeller;
  readonly facts: AdapterFacts;
  readonly output: AnswerFile;
  readonly chunkSize: number;
  readonly progress: ProgressReporter;
  readonly skip: (reason: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { posts, output, chunkSize, progress, signal } = options;
  let chunk: Sample[] = [];
  let done = output.posts.size;
  const flush = async (): Promise<void> => {
    await labelChunk(chunk, options);
    progress.update({ done: (done += chunk.length) });
    chunk = [];
  };
  for await (const post of posts) {
    signal.throwIfAborted();
    if (output.posts.has(post.id)) {
      checkSamePost(post, output.posts.get(post.id));
      continue;
    }
    chunk.push(post);
    if (chunk.length === chunkSize) await flush();
  }
  if (chunk.length > 0) await flush();
}

/** Identifiers that are line numbers fit any file: an output of other posts must not pass for this one's. */
function checkSamePost(post: Sample, answered: string | undefined): void {
  if (answered === undefined || answered === postHash(post)) return;
  throw new MmhsError('MMHS_DATA_OUTPUT', 'The output file answers another post of that name', {
    where: post.source, got: `the id ${JSON.stringify(post.id)} with another text or picture in the output`,
    fix: 'name another --output, or pass --overwrite; give posts an id column',
  });
}

async function labelChunk(chunk: readonly Sample[], { labeller, facts, output, skip, signal }: Parameters<typeof labelRest>[0]): Promise<void> {
  const posts = chunk.map(({ text, imagePath, source }) => ({ text, source, image: imagePath === undefined ? undefined : { path: imagePath } }));
  const results = await labelEach({ labeller, adapter: facts.name, posts, signal });
  const rows: FileRow[] = [];
  results.forEach((result, index) => {
    const { id, source } = chunk[index] as Sample;
    if ('answer' in result) rows.push({ id, post_hash: postHash(chunk[index] as Sample), ...toRow(result.answer, facts) });
    else skip(`${source}: ${result.error.message}`);
  });
  await output.append(rows);
}
