import { readFile } from 'node:fs/promises';
import { MmhsError } from '@mmhs/core';
import { writeFileAtomically } from '@mmhs/runtime';
import { z } from 'zod';
import type { EvaluatedPost, EvaluatedSplits, SplitName } from './evaluated-post.ts';

const labels = z.array(z.string());

/** A line as this app writes it. */
const ownLine = z.object({
  split: z.enum(['val', 'test']),
  id: z.string(),
  gold: labels,
  labels,
  scores: z.record(z.string(), z.number()).optional(),
  probability: z.number().optional(),
  missing: z.number().optional(),
  raw: z.string(),
  valid: z.boolean(),
});

/** A line of the answers that training writes with `--save_eval_predictions`. Scores that do not name their labels are not read. */
const trainingLine = z.object({
  id: z.string(),
  gold: labels,
  pred: labels,
  scores: z.record(z.string(), z.number()).optional().catch(undefined),
  probability: z.number().optional(),
  missing: z.number().optional(),
  raw: z.string(),
  valid: z.boolean(),
});

/** Writes `predictions.jsonl`: a line a post, split after split. */
export async function writePredictions(options: { readonly path: string; readonly splits: EvaluatedSplits }): Promise<void> {
  const lines = [...options.splits].flatMap(([split, posts]) => posts.map((post) => formatLine(split, post)));
  await writeFileAtomically({ path: options.path, write: (file) => file.writeFile(lines.join('')) });
}

/**
 * Reads predictions: those of {@link writePredictions}, or the answers that training saved.
 *
 * @param options.split the split of lines that do not name theirs; without it such lines are an error
 * @throws MmhsError `MMHS_DATA_PREDICTIONS` naming the line that is neither, or the post that is there twice.
 */
export async function readPredictions(options: { readonly path: string; readonly split?: SplitName | undefined }): Promise<EvaluatedSplits> {
  const { path } = options;
  const splits = new Map<SplitName, EvaluatedPost[]>();
  const seen = new Set<string>();
  const lines = (await readFile(path, 'utf8')).split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const where = `${path}:${index + 1}`;
    const { split, post } = readLine(line, where, options.split);
    const key = JSON.stringify([split, post.id]);
    if (seen.has(key)) throw unusable(where, `the post ${post.id} once more`, 'each post of a split once');
    seen.add(key);
    const posts = splits.get(split) ?? [];
    posts.push(post);
    splits.set(split, posts);
  }
  if (seen.size === 0) throw unusable(path, 'no line', 'a line for each post');
  return splits;
}

function formatLine(split: SplitName, post: EvaluatedPost): string {
  const { id, gold, labels: said, scores, probability, missing, rawText: raw, valid } = post;
  // What was not computed is undefined, which JSON leaves out.
  const line: z.input<typeof ownLine> = { split, id, gold: [...gold], labels: [...said], scores, probability, missing, raw, valid };
  return `${JSON.stringify(line)}\n`;
}

function readLine(line: string, where: string, usual: SplitName | undefined): { readonly split: SplitName; readonly post: EvaluatedPost } {
  const value = parse(line, where);
  const own = ownLine.safeParse(value);
  if (own.success) {
    const { split, raw: rawText, scores, probability, ...post } = own.data;
    return { split, post: { ...post, rawText, scores, probability } };
  }
  const trained = trainingLine.safeParse(value);
  if (!trained.success || usual === undefined) {
    throw unusable(where, line.slice(0, 80), 'a line of predictions.jsonl, or of the test_predictions.jsonl that training writes', own.error);
  }
  const { pred, raw: rawText, scores, probability, ...post } = trained.data;
  return { split: usual, post: { ...post, labels: pred, rawText, scores, probability } };
}

function parse(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw unusable(where, line.slice(0, 80), 'a JSON object', cause);
  }
}

function unusable(where: string, got: string, expected: string, cause?: unknown): MmhsError {
  return new MmhsError('MMHS_DATA_PREDICTIONS', 'The predictions cannot be read', {
    where, got, expected, ...(cause === undefined ? {} : { cause }),
  });
}
