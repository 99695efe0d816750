import type { AdapterFacts, Answer } from './labelling/post.ts';

/** An answer with the names it has in JSON, in a file of answers as over HTTP. */
export interface AnswerRow {
  readonly labels: readonly string[];
  /** Probability of each label; null when there are none. */
  readonly scores: Readonly<Record<string, number>> | null;
  /** With many labels, what label arrays that were not looked at can have of all probability. */
  readonly missing?: number | undefined;
  readonly raw_generation: string;
  readonly valid: boolean;
  readonly adapter: string;
  readonly adapter_version: string;
}

/** Writes an answer for JSON, with the adapter it came from. */
export function toRow({ labels, scores, missing, rawText, valid }: Answer, { name, version }: Pick<AdapterFacts, 'name' | 'version'>): AnswerRow {
  // What is undefined is left out by JSON.
  return { labels, scores, missing, raw_generation: rawText, valid, adapter: name, adapter_version: version };
}
