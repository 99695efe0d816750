import type { Tokenizer, VlmFamily } from '@mmhs/core';

/** How a family's tokenizer works, over the demo's small vocabulary. */
export interface TokenizerScheme {
  /** Special tokens with the first ids. */
  readonly leadingSpecialTokens: readonly string[];
  /** Special tokens with the last ids. */
  readonly trailingSpecialTokens: readonly string[];
  /** Symbols that merging starts from, in the order of their ids. */
  readonly alphabet: readonly string[];
  /** Text as such symbols. */
  toSymbols(text: string): string[];
  /** Text cut into pieces that merges never cross. */
  splitIntoPieces(text: string): string[];
  /** The stretches of a prompt and its answer between special tokens. */
  promptParts(prompt: { readonly system: string; readonly text: string; readonly target: string }): string[];
  /** What tokenizer.json says besides vocabulary, merges and special tokens; `model` is added to its BPE model. */
  readonly pipeline: {
    readonly normalizer: object | null;
    readonly pre_tokenizer: object | null;
    readonly post_processor: object | null;
    readonly decoder: object;
    readonly model?: object;
  };
  /** tokenizer_config.json besides the special tokens. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A family's part of the demo: a checkpoint of about a million parameters. */
export interface DemoModel {
  readonly family: VlmFamily;
  /** Folder of the checkpoint, below `data/demo`. */
  readonly folder: string;
  readonly tokenizer: TokenizerScheme;
  /** config.json and the other small files, by name, for the trained tokenizer. */
  checkpointJson(tokenizer: Tokenizer): Record<string, unknown>;
  /** What the weights of norms start from: 1, or 0 where the norm adds one itself. */
  readonly normWeight: number;
}

/** The vocabulary's size after its last special token, rounded up as real ones are. */
export function paddedVocabulary(lastId: number): number {
  return Math.ceil((lastId + 1) / 8) * 8;
}
