import { qwenFamily } from '@mmhs/models-qwen';

import { byteAlphabet, toByteSymbols } from '../byte-pair-encoding.ts';
import { paddedVocabulary, type DemoModel, type TokenizerScheme } from './demo-model.ts';

/** Sizes of the demo's checkpoint: a Qwen2-VL small enough to live in the repository. */
const sizes = {
  hidden: 128,
  intermediate: 320,
  layers: 4,
  heads: 4,
  keyValueHeads: 2,
  /** Of the 16 pairs of a head. */
  ropeSections: [4, 6, 6],
  visionHidden: 64,
  visionLayers: 2,
  visionHeads: 4,
  patchSize: 8,
  mergeSize: 2,
  /** 3 x 3 image tokens for every picture. */
  pictureSide: 48,
} as const;

const specialTokens = [
  '<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|object_ref_start|>', '<|object_ref_end|>', '<|box_start|>', '<|box_end|>',
  '<|quad_start|>', '<|quad_end|>', '<|vision_start|>', '<|vision_end|>', '<|vision_pad|>', '<|image_pad|>', '<|video_pad|>',
];

const chatTemplate =
  "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful " +
  "assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}" +
  "{{ message['content'] }}{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}<|vision_start|>" +
  "<|image_pad|><|vision_end|>{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n" +
  "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

const pattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
// JavaScript has no groups of their own case-sensitivity; contractions are all that the group holds.
const pieces = new RegExp(pattern.replace(/\(\?i:(.*?)\)/, (_, group: string) => `${group}|${group.toUpperCase()}`), 'gu');

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false } as const;

const scheme: TokenizerScheme = {
  leadingSpecialTokens: [],
  trailingSpecialTokens: specialTokens,
  alphabet: [...byteAlphabet].sort(),
  toSymbols: toByteSymbols,
  splitIntoPieces: (text) => text.match(pieces) ?? [],
  promptParts: ({ system, text, target }) => [`system\n${system}`, '\n', `user\n${text}`, 'assistant\n', target],
  pipeline: {
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }, byteLevel],
    },
    post_processor: byteLevel,
    decoder: byteLevel,
  },
  config: {
    add_prefix_space: false,
    additional_special_tokens: specialTokens.slice(1),
    bos_token: null,
    chat_template: chatTemplate,
    clean_up_tokenization_spaces: false,
    eos_token: '<|im_end|>',
    errors: 'replace',
    model_max_length: 32768,
    pad_token: '<|endoftext|>',
    split_special_tokens: false,
    tokenizer_class: 'Qwen2Tokenizer',
    unk_token: null,
  },
};

/** Qwen2-VL's part of the demo. */
export const qwenDemo: DemoModel = {
  family: qwenFamily,
  folder: 'checkpoint-qwen',
  tokenizer: scheme,
  normWeight: 1,
  checkpointJson(tokenizer) {
    const id = (token: string): number => tokenizer.specialId(token);
    return {
      'config.json': {
        architectures: ['Qwen2VLForConditionalGeneration'],
        model_type: 'qwen2_vl',
        bos_token_id: id('<|endoftext|>'),
        eos_token_id: id('<|im_end|>'),
        vision_start_token_id: id('<|vision_start|>'),
        vision_end_token_id: id('<|vision_end|>'),
        vision_token_id: id('<|vision_pad|>'),
        image_token_id: id('<|image_pad|>'),
        video_token_id: id('<|video_pad|>'),
        hidden_act: 'silu',
        hidden_size: sizes.hidden,
        intermediate_size: sizes.intermediate,
        max_position_embeddings: 2048,
        num_attention_heads: sizes.heads,
        num_hidden_layers: sizes.layers,
        num_key_value_heads: sizes.keyValueHeads,
        rms_norm_eps: 1e-6,
        rope_theta: 10000,
        rope_scaling: { type: 'mrope', mrope_section: sizes.ropeSections },
        tie_word_embeddings: true,
        torch_dtype: 'float32',
        use_sliding_window: false,
        vision_config: {
          depth: sizes.visionLayers,
          embed_dim: sizes.visionHidden,
          hidden_size: sizes.hidden,
          in_chans: 3,
          mlp_ratio: 2,
          num_heads: sizes.visionHeads,
          patch_size: sizes.patchSize,
          spatial_merge_size: sizes.mergeSize,
          spatial_patch_size: sizes.patchSize,
          temporal_patch_size: 2,
        },
        vocab_size: paddedVocabulary(id('<|video_pad|>')),
      },
      'generation_config.json': {
        do_sample: false,
        eos_token_id: [id('<|im_end|>'), id('<|endoftext|>')],
        pad_token_id: id('<|endoftext|>'),
      },
      'preprocessor_config.json': {
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_std: [0.26862954, 0.26130258, 0.27577711],
        image_processor_type: 'Qwen2VLImageProcessor',
        max_pixels: sizes.pictureSide ** 2,
        merge_size: sizes.mergeSize,
        min_pixels: sizes.pictureSide ** 2,
        patch_size: sizes.patchSize,
        processor_class: 'Qwen2VLProcessor',
        temporal_patch_size: 2,
      },
    };
  },
};
