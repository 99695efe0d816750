/**
 * Writes the tiny checkpoint's tokenizer: SmolVLM's pipeline and special tokens over a vocabulary that fits the demo.
 *
 *   npx tsx --conditions=@mmhs/source scripts/demo/train-tokenizer.ts [folder]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPrompt, writeLabels } from '@mmhs/prompts';
import { applyMerge, byteAlphabet, learnMerges, splitIntoPieces, toByteSymbols, type Piece } from './byte-pair-encoding.ts';
import { colours, shapes } from './drawing.ts';
import { demoSeed } from './make-demo-data.ts';
import { createDemoPosts } from './posts.ts';
import { createPretrainingExample } from './pretraining-tasks.ts';
import { benignInventedWords, codeNames, labelNames, nouns, standInWords } from './vocabulary.ts';

/** Merges learnt from whole prompts, after those of the vocabulary's words. */
const promptMerges = 190;

/** Words that are one token each, with or without a space before them (the space is then a token of its own). */
const wholeWords = [
  ...labelNames, ...standInWords, ...benignInventedWords, ...nouns, ...codeNames, ...shapes, ...colours,
];

const leadingSpecialTokens = [
  '<|endoftext|>', '<|im_start|>', '<|im_end|>', '<repo_name>', '<reponame>', '<file_sep>', '<filename>', '<gh_stars>',
  '<issue_start>', '<issue_comment>', '<issue_closed>', '<jupyter_start>', '<jupyter_text>', '<jupyter_code>',
  '<jupyter_output>', '<jupyter_script>', '<empty_output>',
];
const tileNumbers = [1, 2, 3, 4, 5, 6];
const imageSpecialTokens = [
  '<global-img>',
  ...tileNumbers.flatMap((row) => tileNumbers.map((column) => `<row_${row}_col_${column}>`)),
  '<fake_token_around_image>', '<image>',
  '<|reserved_special_token_0|>', '<|reserved_special_token_1|>', '<|reserved_special_token_2|>',
  '<end_of_utterance>',
];

const chatTemplate =
  "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}" +
  "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}" +
  "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}" +
  "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}" +
  "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}";

/** The parts of a prompt between its special tokens. */
function promptParts(system: string, text: string, target: string): string[] {
  return [`System: ${system}`, '\nUser:', text, '\nAssistant:', ` ${target}`];
}

function collectPieces(): Map<string, number> {
  const examples = Array.from({ length: 400 }, (_, index) => createPretrainingExample({ seed: 0, index, groupSize: 1 }));
  const { system } = buildPrompt({ labelSet: labelNames });
  const posts = createDemoPosts(demoSeed).train;
  const parts = [
    ...examples.flatMap((example) => promptParts(example.system, example.text, example.target)),
    ...posts.flatMap((post) => promptParts(system, post.text, writeLabels(post.labels, labelNames))),
  ];
  const counts = new Map<string, number>();
  for (const piece of parts.flatMap(splitIntoPieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return counts;
}

/**
 * Merges in order of rank. Those of the whole words come first, from the words without a space: a word is then the same
 * token in the list, in a post and in the answer, and copying it is easy to learn.
 */
function learnVocabulary(): [string, string][] {
  const wordPieces: Piece[] = wholeWords.map((word) => ({ symbols: toByteSymbols(word), count: 1 }));
  const wordMerges = learnMerges({ pieces: wordPieces, limit: Number.POSITIVE_INFINITY });
  const known = new Set<string>(wholeWords);
  const promptPieces: Piece[] = [...collectPieces()]
    .filter(([piece]) => !known.has(piece.trim()))
    .map(([piece, count]) => ({ symbols: wordMerges.reduce(applyMerge, toByteSymbols(piece)), count }));
  return [...wordMerges, ...learnMerges({ pieces: promptPieces, limit: promptMerges })];
}

const specialToken = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** Makes the two tokenizer files, as values to be written as JSON. */
export function makeTokenizer(): { readonly tokenizer: object; readonly tokenizerConfig: object } {
  const merges = learnVocabulary();
  const alphabet = [...byteAlphabet].sort();
  const tokens = [...leadingSpecialTokens, ...alphabet, ...merges.map((pair) => pair.join(''))];
  const vocabulary = new Map<string, number>();
  for (const token of tokens) if (!vocabulary.has(token)) vocabulary.set(token, vocabulary.size);
  const added = [
    ...leadingSpecialTokens.map((content, id) => ({ id, content })),
    ...imageSpecialTokens.map((content, index) => ({ id: vocabulary.size + index, content })),
  ];
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.map(({ id, content }) => ({ id, content, ...specialToken })),
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
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
      },
    },
    tokenizerConfig: {
      add_prefix_space: false,
      added_tokens_decoder: Object.fromEntries(added.map(({ id, content }) => [id, { content, ...specialToken }])),
      additional_special_tokens: ['<fake_token_around_image>', '<image>', '<end_of_utterance>'],
      bos_token: '<|im_start|>',
      chat_template: chatTemplate,
      clean_up_tokenization_spaces: false,
      eos_token: '<end_of_utterance>',
      model_max_length: 8192,
      pad_token: '<|im_end|>',
      processor_class: 'Idefics3Processor',
      tokenizer_class: 'GPT2Tokenizer',
      truncation_side: 'left',
      unk_token: '<|endoftext|>',
      vocab_size: vocabulary.size,
    },
  };
}

async function writeTokenizer(folder: string): Promise<void> {
  const { tokenizer, tokenizerConfig } = makeTokenizer();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tokenizer.json'), `${JSON.stringify(tokenizer, undefined, 1)}\n`);
  await writeFile(join(folder, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig, undefined, 1)}\n`);
}

if (import.meta.filename === process.argv[1]) {
  await writeTokenizer(process.argv[2] ?? join(import.meta.dirname, '../../data/demo/checkpoint'));
}
