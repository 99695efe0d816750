import type { AdapterFacts, Answer } from './labelling/post.ts';

/** An answer with the names it has in JSON, in a file of answers as over HTTP. */
export interface AnswerRow {
  readonly labels: readonly string[];
  /** Probability of each label; null when there are none. */
  readonly scores: Readonly<Record<string, number>> | null;
  readonly raw_generation: string;
  readonly valid: boolean;
  readonly adapter: string;
  readonly adapter_version: string;
}

/** Writes an answer for JSON, with the adapter it came from. */
export function toRow({ labels, scores, rawText, valid }: Answer, { name, version }: Pick<AdapterFacts, 'name' | 'version'>): AnswerRow {
  return { labels, scores, raw_generation: rawText, valid, adapter: name, adapter_version: version };
}
