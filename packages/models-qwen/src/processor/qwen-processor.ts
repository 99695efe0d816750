import type { CheckpointFiles, ImageSizeOptions, PostProcessor, Tokenizer } from '@mmhs/core';
import { checkTokenizerFits, rememberLast } from '@mmhs/core/family-tools';
import { fitTokens } from '@mmhs/prompts';

import type { QwenConfig } from '../config.ts';
import { gridOf } from '../image-grid.ts';
import { readImageSettings } from './image-settings.ts';
import { multimodalPositions } from './positions.ts';
import { processQwenImage } from './process-image.ts';

/** What {@link createQwenProcessor} needs. */
export interface QwenProcessorOptions {
  /** The checkpoint's files; preprocessor and processor settings are read from them. */
  readonly files: CheckpointFiles;
  readonly tokenizer: Tokenizer;
  readonly config: QwenConfig;
  /** `minPixels` and `maxPixels` replace the checkpoint's; a token is (patch size * merge size)^2 pixels, 784 as published. */
  readonly imageSize?: ImageSizeOptions;
}

/**
 * Makes the processor of Qwen2-VL.
 *
 * A prompt is `<|im_start|>system\nINSTRUCTIONS<|im_end|>\n<|im_start|>user\nTEXT<picture><|im_end|>\n<|im_start|>assistant\n`
 * with `<|vision_start|><|image_pad|>...<|vision_end|>` for the picture, its target `ANSWER<|im_end|>\n`. Posts and labels are
 * tokenised literally. The shared prefix ends before the user's turn. Too long a text loses tokens from its middle.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` or `MMHS_TOKENIZER_UNKNOWN_TOKEN` when files, tokenizer and model do not fit
 * together; `MMHS_IMAGE_SIZE` for an image size that cannot be. `encodePost` throws `MMHS_PROMPT_TOO_LONG` when the rest
 * alone exceeds `maxTokens`.
 */
export function createQwenProcessor(options: QwenProcessorOptions): PostProcessor {
  const { files, tokenizer, config, imageSize } = options;
  const settings = readImageSettings({ files, config, ...(imageSize === undefined ? {} : { imageSize }) });
  const markers = readMarkers(tokenizer, config);
  const lineBreak = tokenizer.encode('\n');
  const turnStart = (role: string): number[] => [markers.start, ...tokenizer.encode(`${role}\n`)];
  const turnEnd = [markers.end, ...lineBreak];
  const encodeSystem = rememberLast((system: string) => [markers.start, ...tokenizer.encode(`system\n${system}`), ...turnEnd]);
  const answerStart = turnStart('assistant');
  return {
    tokenizer,
    processImage: (image) => processQwenImage(image, settings),
    encodePost({ prompt, text, image, target, maxTokens }) {
      const system = encodeSystem(prompt.system);
      const user = encodeUserText(tokenizer, text);
      const picture = image === undefined
        ? []
        : [markers.pictureStart, ...new Array<number>(image.featureRows).fill(config.imageTokenId), markers.pictureEnd];
      const answer = target === undefined ? [] : [...tokenizer.encode(target), ...turnEnd];
      const start = [...system, markers.start, ...user.start];
      const end = [...picture, ...turnEnd, ...answerStart];
      const reserved = start.length + end.length + answer.length;
      const fitted = fitTokens({ tokens: user.text, reserved, maxTokens, decode: (part) => tokenizer.decode(part) });
      const promptIds = [...start, ...fitted.tokens, ...end];
      const ids = [...promptIds, ...answer];
      const grids = image === undefined ? [] : [gridOf(image)].map(({ gridHeight, gridWidth }) => ({
        rows: gridHeight / settings.mergeSize, columns: gridWidth / settings.mergeSize,
      }));
      return {
        inputIds: Int32Array.from(ids),
        promptLength: promptIds.length,
        sharedPrefixLength: system.length,
        positionIds: multimodalPositions({ ids, imageTokenId: config.imageTokenId, grids }),
        attentionOrder: Int32Array.from(ids, (_, index) => index),
        truncatedTextTokens: fitted.removed,
      };
    },
  };
}

/** The user's turn up to the picture: what must stay, and the post's text, which may be shortened. */
function encodeUserText(tokenizer: Tokenizer, text: string): { readonly start: number[]; readonly text: number[] } {
  const ids = tokenizer.encode(`user\n${text}`);
  // Blank space at the text's start may become one token with the line break, and is then shortened with the text.
  const whole = tokenizer.encode('user\n');
  const kept = whole.every((id, index) => ids[index] === id) ? whole.length : whole.length - 1;
  return { start: ids.slice(0, kept), text: ids.slice(kept) };
}

function readMarkers(tokenizer: Tokenizer, config: QwenConfig) {
  checkTokenizerFits({ tokenizer, token: '<|image_pad|>', where: 'config.json: image_token_id', ids: [config.imageTokenId] });
  return {
    start: tokenizer.specialId('<|im_start|>'),
    end: tokenizer.specialId('<|im_end|>'),
    pictureStart: tokenizer.specialId('<|vision_start|>'),
    pictureEnd: tokenizer.specialId('<|vision_end|>'),
  };
}
