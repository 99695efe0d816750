import { paligemmaFamily } from '@mmhs/models-paligemma';

import { splitIntoPieces } from '../byte-pair-encoding.ts';
import { pictureSize } from '../drawing.ts';
import { paddedVocabulary, type DemoModel, type TokenizerScheme } from './demo-model.ts';

/** Sizes of the demo's checkpoint: a PaliGemma 2 small enough to live in the repository. */
const sizes = {
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
  patchSize: 16,
} as const;

/** Image tokens of one picture: one a patch. */
const imageTokens = (pictureSize / sizes.patchSize) ** 2;

const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const space = '\u2581';
const characters = ['\n', ...Array.from({ length: 94 }, (_, index) => String.fromCodePoint(0x21 + index)), space];

const scheme: TokenizerScheme = {
  leadingSpecialTokens: [
    '<pad>', '<eos>', '<bos>', '<unk>', '<mask>', '<2mass>', '[@BOS@]', '<unused0>', '<unused1>', '<start_of_turn>', '<end_of_turn>',
  ],
  trailingSpecialTokens: ['<image>'],
  alphabet: [...byteTokens, ...characters],
  toSymbols: (text) => [...text.replaceAll(' ', space)].flatMap((character) => (characters.includes(character) ? character : toByteTokens(character))),
  // The pipeline cuts nothing; these are the places where no merge is learnt.
  splitIntoPieces: (text) => text.split(/(\n)/).flatMap((line) => (line === '\n' ? line : splitIntoPieces(line))),
  promptParts: ({ system, text, target }) => [`\n\n${system}\n\nUser:\n`, text, '\n\nAssistant:\n', target],
  pipeline: {
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: space },
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Replace', pattern: { String: space }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }],
    },
    model: { unk_token: '<unk>', fuse_unk: true, byte_fallback: true },
  },
  config: {
    add_bos_token: true,
    add_eos_token: false,
    additional_special_tokens: ['<image>'],
    bos_token: '<bos>',
    clean_up_tokenization_spaces: false,
    eos_token: '<eos>',
    model_max_length: 8192,
    pad_token: '<pad>',
    processor_class: 'PaliGemmaProcessor',
    spaces_between_special_tokens: false,
    tokenizer_class: 'GemmaTokenizer',
    unk_token: '<unk>',
  },
};

function toByteTokens(character: string): string[] {
  return [...Buffer.from(character, 'utf8')].map((byte) => byteTokens[byte] ?? '');
}

/**
 * PaliGemma 2's part of the demo. The checkpoint in the repository was pre-trained in two runs: 1,500 updates of
 * `pretrain.ts --model paligemma --threads 2`, stopped there, and on its weights 2,500 with
 * `--steps 2500 --groups 2 --seed 2 --learning-rate 1.6e-3 --threads 1`.
 */
export const paligemmaDemo: DemoModel = {
  family: paligemmaFamily,
  folder: 'checkpoint-paligemma',
  tokenizer: scheme,
  normWeight: 0,
  checkpointJson(tokenizer) {
    const [pad, eos, bos, image] = ['<pad>', '<eos>', '<bos>', '<image>'].map((token) => tokenizer.specialId(token));
    return {
      'config.json': {
        architectures: ['PaliGemmaForConditionalGeneration'],
        model_type: 'paligemma',
        bos_token_id: bos,
        eos_token_id: eos,
        pad_token_id: pad,
        image_token_index: image,
        hidden_size: sizes.hidden,
        num_hidden_layers: sizes.layers,
        projection_dim: sizes.hidden,
        torch_dtype: 'float32',
        text_config: {
          model_type: 'gemma2',
          attn_logit_softcapping: 50,
          final_logit_softcapping: 30,
          head_dim: sizes.headDimension,
          hidden_activation: 'gelu_pytorch_tanh',
          hidden_size: sizes.hidden,
          intermediate_size: sizes.intermediate,
          num_attention_heads: sizes.heads,
          num_hidden_layers: sizes.layers,
          num_image_tokens: imageTokens,
          num_key_value_heads: sizes.keyValueHeads,
          query_pre_attn_scalar: sizes.headDimension,
          sliding_window: 4096,
          torch_dtype: 'float32',
          vocab_size: paddedVocabulary(image ?? 0),
        },
        vision_config: {
          model_type: 'siglip_vision_model',
          hidden_size: sizes.visionHidden,
          image_size: pictureSize,
          intermediate_size: sizes.visionIntermediate,
          num_attention_heads: sizes.visionHeads,
          num_hidden_layers: sizes.visionLayers,
          num_image_tokens: imageTokens,
          patch_size: sizes.patchSize,
          projection_dim: sizes.hidden,
          vision_use_head: false,
        },
      },
      'generation_config.json': { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad },
      'preprocessor_config.json': {
        do_convert_rgb: true,
        do_normalize: true,
        do_rescale: true,
        do_resize: true,
        image_mean: [0.5, 0.5, 0.5],
        image_processor_type: 'SiglipImageProcessor',
        image_seq_length: imageTokens,
        image_std: [0.5, 0.5, 0.5],
        processor_class: 'PaliGemmaProcessor',
        resample: 3,
        rescale_factor: 1 / 255,
        size: { height: pictureSize, width: pictureSize },
      },
    };
  },
};
