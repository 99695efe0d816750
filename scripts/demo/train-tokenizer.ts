/**
 * Writes the tiny checkpoint's tokenizer: the family's pipeline and special tokens over a vocabulary that fits the demo.
 *
 *   npx tsx --conditions=@mmhs/source scripts/demo/train-tokenizer.ts [--model smol] [--out data/demo/checkpoint]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrompt, writeLabels } from '@mmhs/prompts';
import { applyMerge, learnMerges, type Piece } from './byte-pair-encoding.ts';
import { colours, shapes } from './drawing.ts';
import { demoSeed } from './make-demo-data.ts';
import type { TokenizerScheme } from './models/demo-model.ts';
import { findDemoModel } from './models/index.ts';
import { createDemoPosts } from './posts.ts';
import { createPretrainingExample } from './pretraining-tasks.ts';
import { benignInventedWords, codeNames, labelNames, nouns, standInWords } from './vocabulary.ts';

/** Merges learnt from whole prompts, after those of the vocabulary's words. */
const promptMerges = 190;

/** Words that are one token each, with or without a space before them (the space is then a token of its own). */
const wholeWords = [
  ...labelNames, ...standInWords, ...benignInventedWords, ...nouns, ...codeNames, ...shapes, ...colours,
];

function collectPieces({ promptParts, splitIntoPieces }: TokenizerScheme): Map<string, number> {
  const examples = Array.from({ length: 400 }, (_, index) => createPretrainingExample({ seed: 0, index, groupSize: 1 }));
  const { system } = buildPrompt({ labelSet: labelNames });
  const posts = createDemoPosts(demoSeed).train;
  const parts = [
    ...examples.flatMap(promptParts),
    ...posts.flatMap(({ text, labels }) => promptParts({ system, text, target: writeLabels(labels, labelNames) })),
  ];
  const counts = new Map<string, number>();
  for (const piece of parts.flatMap((part) => splitIntoPieces(part))) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return counts;
}

/**
 * Merges in order of rank. Those of the whole words come first, from the words without a space: a word is then the same
 * token in the list, in a post and in the answer, and copying it is easy to learn.
 */
function learnVocabulary(scheme: TokenizerScheme): [string, string][] {
  const wordPieces: Piece[] = wholeWords.map((word) => ({ symbols: scheme.toSymbols(word), count: 1 }));
  const wordMerges = learnMerges({ pieces: wordPieces, limit: Number.POSITIVE_INFINITY });
  const known = new Set<string>(wholeWords);
  const promptPieces: Piece[] = [...collectPieces(scheme)]
    .filter(([piece]) => !known.has(piece.replace(/^[^\p{L}]/u, '')))
    .map(([piece, count]) => ({ symbols: wordMerges.reduce(applyMerge, scheme.toSymbols(piece)), count }));
  return [...wordMerges, ...learnMerges({ pieces: promptPieces, limit: promptMerges })];
}

const specialToken = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** Makes the two tokenizer files, as values to be written as JSON. */
export function makeTokenizer(scheme: TokenizerScheme): { readonly tokenizer: object; readonly tokenizerConfig: object } {
  const { leadingSpecialTokens, trailingSpecialTokens, pipeline: { model, ...pipeline } } = scheme;
  const merges = learnVocabulary(scheme);
  const tokens = [...leadingSpecialTokens, ...scheme.alphabet, ...merges.map((pair) => pair.join(''))];
  const vocabulary = new Map<string, number>();
  for (const token of tokens) if (!vocabulary.has(token)) vocabulary.set(token, vocabulary.size);
  const added = [
    ...leadingSpecialTokens.map((content, id) => ({ id, content })),
    ...trailingSpecialTokens.map((content, index) => ({ id: vocabulary.size + index, content })),
  ];
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.map(({ id, content }) => ({ id, content, ...specialToken })),
      ...pipeline,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(vocabulary),
        merges: merges.map((pair) => pair.join(' ')),
        ...model,
      },
    },
    tokenizerConfig: {
      ...scheme.config,
      added_tokens_decoder: Object.fromEntries(added.map(({ id, content }) => [id, { content, ...specialToken }])),
      vocab_size: vocabulary.size,
    },
  };
}

async function writeTokenizer(folder: string, scheme: TokenizerScheme): Promise<void> {
  const { tokenizer, tokenizerConfig } = makeTokenizer(scheme);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tokenizer.json'), `${JSON.stringify(tokenizer, undefined, 1)}\n`);
  await writeFile(join(folder, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig, undefined, 1)}\n`);
}

if (import.meta.filename === process.argv[1]) {
  const { values: { model, out } } = parseArgs({ options: { model: { type: 'string', default: 'smol' }, out: { type: 'string' } } });
  const { folder, tokenizer } = findDemoModel(model);
  await writeTokenizer(out ?? join(import.meta.dirname, '../../data/demo', folder), tokenizer);
}
