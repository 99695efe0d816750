import { smolFamily } from '@mmhs/models-smol';

import { byteAlphabet, splitIntoPieces, toByteSymbols } from '../byte-pair-encoding.ts';
import { pictureSize } from '../drawing.ts';
import { paddedVocabulary, type DemoModel, type TokenizerScheme } from './demo-model.ts';

/** Sizes of the demo's checkpoint: an Idefics3 small enough to live in the repository. */
const tinySizes = {
  hidden: 128,
  intermediate: 320,
  layers: 4,
  heads: 4,
  keyValueHeads: 2,
  headDimension: 32,
  visionHidden: 64,
  visionIntermediate: 128,
  visionLayers: 2,
  visionHeads: 4,
  patchSize: 8,
  scaleFactor: 4,
} as const;

/** Image tokens of one picture. */
const imageTokens = (pictureSize / tinySizes.patchSize / tinySizes.scaleFactor) ** 2;

/** config.json, generation_config.json, preprocessor_config.json and processor_config.json of the checkpoint. */
export function smolCheckpointJson(tokens: {
  readonly vocabularySize: number;
  readonly imageTokenId: number;
  readonly endTokenId: number;
  readonly padTokenId: number;
}): Record<string, unknown> {
  const sizes = tinySizes;
  return {
    'config.json': {
      architectures: ['Idefics3ForConditionalGeneration'],
      model_type: 'idefics3',
      image_token_id: tokens.imageTokenId,
      pad_token_id: tokens.padTokenId,
      scale_factor: sizes.scaleFactor,
      tie_word_embeddings: false,
      torch_dtype: 'float32',
      text_config: {
        model_type: 'llama',
        hidden_size: sizes.hidden,
        intermediate_size: sizes.intermediate,
        num_hidden_layers: sizes.layers,
        num_attention_heads: sizes.heads,
        num_key_value_heads: sizes.keyValueHeads,
        head_dim: sizes.headDimension,
        rms_norm_eps: 1e-5,
        rope_theta: 10000,
        max_position_embeddings: 2048,
        pad_token_id: tokens.padTokenId,
        vocab_size: tokens.vocabularySize,
      },
      vision_config: {
        model_type: 'idefics3',
        hidden_size: sizes.visionHidden,
        intermediate_size: sizes.visionIntermediate,
        num_hidden_layers: sizes.visionLayers,
        num_attention_heads: sizes.visionHeads,
        image_size: pictureSize,
        patch_size: sizes.patchSize,
      },
    },
    'generation_config.json': { eos_token_id: tokens.endTokenId, pad_token_id: tokens.padTokenId },
    'preprocessor_config.json': {
      do_convert_rgb: true,
      do_image_splitting: true,
      do_normalize: true,
      do_pad: true,
      do_rescale: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      image_processor_type: 'Idefics3ImageProcessor',
      max_image_size: { longest_edge: pictureSize },
      processor_class: 'Idefics3Processor',
      resample: 1,
      rescale_factor: 1 / 255,
      size: { longest_edge: pictureSize },
    },
    'processor_config.json': { image_seq_len: imageTokens, processor_class: 'Idefics3Processor' },
  };
}

const leadingSpecialTokens = [
  '<|endoftext|>', '<|im_start|>', '<|im_end|>', '<repo_name>', '<reponame>', '<file_sep>', '<filename>', '<gh_stars>',
  '<issue_start>', '<issue_comment>', '<issue_closed>', '<jupyter_start>', '<jupyter_text>', '<jupyter_code>',
  '<jupyter_output>', '<jupyter_script>', '<empty_output>',
];
const tileNumbers = [1, 2, 3, 4, 5, 6];
const trailingSpecialTokens = [
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

const scheme: TokenizerScheme = {
  leadingSpecialTokens,
  trailingSpecialTokens,
  alphabet: [...byteAlphabet].sort(),
  toSymbols: toByteSymbols,
  splitIntoPieces,
  promptParts: ({ system, text, target }) => [`System: ${system}`, '\nUser:', text, '\nAssistant:', ` ${target}`],
  pipeline: {
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
  },
  config: {
    add_prefix_space: false,
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
  },
};

/** SmolVLM's part of the demo. */
export const smolDemo: DemoModel = {
  family: smolFamily,
  folder: 'checkpoint',
  tokenizer: scheme,
  normWeight: 1,
  checkpointJson(tokenizer) {
    const endTokenId = tokenizer.specialId('<end_of_utterance>');
    return smolCheckpointJson({
      vocabularySize: paddedVocabulary(endTokenId),
      imageTokenId: tokenizer.specialId('<image>'),
      endTokenId,
      padTokenId: tokenizer.specialId('<|im_end|>'),
    });
  },
};
