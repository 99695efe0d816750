import type { MmhsError } from '@mmhs/core';
import type { DecisionRule, DescribedPrompt, LoadedImage, PictureToPrepare } from '@mmhs/trainer';

/** A post to label. */
export interface Post {
  /** `''` when there is none. */
  readonly text: string;
  /** A file, the bytes of one, a picture made ready before, or undefined for a post without one. */
  readonly image: { readonly path: string } | { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly ready: LoadedImage } | undefined;
  /** Where it came from, for messages: `posts.csv:17`. */
  readonly source: string;
}

/** What an adapter says about a post. */
export interface Answer {
  /** In the label set's order. */
  readonly labels: readonly string[];
  /** Probability of each label given the post; null when the labeller gives none. */
  readonly scores: Readonly<Record<string, number>> | null;
  /** With many labels, what label arrays that were not looked at can have of all probability; left out where that is next to nothing. */
  readonly missing?: number | undefined;
  /** The answer as generated. */
  readonly rawText: string;
  /** Whether that was a well-formed answer: a JSON array of known labels and nothing else. */
  readonly valid: boolean;
}

/** An answer, or what is wrong with the post. */
export type AnswerOrError = { readonly answer: Answer } | { readonly error: MmhsError };

/** What callers may know about an adapter. */
export interface AdapterFacts {
  /** Short and unique: the run's folder, or the adapter's own. */
  readonly name: string;
  /** First 12 hexadecimal digits of the SHA-256 of the adapter's weights. */
  readonly version: string;
  readonly labels: readonly string[];
  /** How its labels follow from what the model says. */
  readonly rule: DecisionRule;
  /** Probability from which on a label counts, null for never; null altogether under a rule that looks at whole answers. */
  readonly thresholds: Readonly<Record<string, number | null>> | null;
}

/** One or more adapters, ready to label posts. */
export interface PostLabeller {
  /** In the order they were named; the first is the one used when a caller names none. */
  readonly adapters: readonly AdapterFacts[];
  /** Answers in the order of the posts. Throws what is wrong with the first unusable post, or with the model. */
  label(options: {
    /** An adapter's name. */
    readonly adapter: string;
    readonly posts: readonly Post[];
    readonly signal?: AbortSignal | undefined;
  }): Promise<Answer[]>;
  /** Makes a picture ready for all adapters. Throws what is wrong with it. */
  prepareImage(picture: PictureToPrepare): Promise<LoadedImage>;
  /** What the model is asked about a post. */
  prompt(options: { readonly adapter: string; readonly post: Post }): Promise<DescribedPrompt>;
  close(): Promise<void>;
}
