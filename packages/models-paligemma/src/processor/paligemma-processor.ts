import type { CheckpointFiles, PostProcessor, ProcessedImage, RgbImage, Tokenizer } from '@mmhs/core';
import { checkTokenizerFits, rememberLast } from '@mmhs/core/family-tools';
import { normalizeToPlanar, resizeImage } from '@mmhs/images';
import { fitTokens } from '@mmhs/prompts';

import type { PaligemmaConfig } from '../config.ts';
import { readImageSettings, type PaligemmaImageSettings } from './image-settings.ts';
import { stripWhitespace } from './strip-whitespace.ts';

const markers = { start: '<bos>', end: '<eos>', image: '<image>' } as const;
const textStart = '\n\nUser:\n';
const promptEnd = '\n\nAssistant:\n';

/** What {@link createPaligemmaProcessor} needs. */
export interface PaligemmaProcessorOptions {
  /** The checkpoint's files; image settings are read from them. */
  readonly files: CheckpointFiles;
  readonly tokenizer: Tokenizer;
  readonly config: PaligemmaConfig;
}

/**
 * Makes the processor of PaliGemma and PaliGemma 2.
 *
 * A prompt is `<image>...<bos>\n\nINSTRUCTIONS\n\nUser:\nTEXT\n\nAssistant:\n`, without `User:` for a post without text;
 * its target is `ANSWER<eos>`. Posts and labels are tokenised literally. The tokens of a prompt all see each other; those of
 * the answer see the prompt and what precedes them. Nothing is shared between posts, as the picture comes first. Too long
 * a text loses tokens from its middle.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` or `MMHS_TOKENIZER_UNKNOWN_TOKEN` when files, tokenizer and model do not fit
 * together. `encodePost` throws `MMHS_PROMPT_TOO_LONG` when the rest alone exceeds `maxTokens`.
 */
export function createPaligemmaProcessor({ files, tokenizer, config }: PaligemmaProcessorOptions): PostProcessor {
  const settings = readImageSettings(files, config);
  checkTokenizer(tokenizer, config);
  const startId = tokenizer.specialId(markers.start);
  const endId = tokenizer.specialId(markers.end);
  const encodeStart = rememberLast((system: string) => tokenizer.encode(`\n\n${system}${textStart}`));
  const encodeWithoutText = rememberLast((system: string) => tokenizer.encode(`\n\n${system}${promptEnd}`));
  return {
    tokenizer,
    processImage: (image) => processImage(image, settings),
    encodePost({ prompt, text, image, target, maxTokens }) {
      const picture = Array.from({ length: image?.featureRows ?? 0 }, () => config.imageTokenId);
      const stripped = stripWhitespace(text);
      // The text's neighbours are line breaks, which no merge crosses, so that it can be tokenised alone.
      const [start, end] = stripped === ''
        ? [encodeWithoutText(prompt.system), []]
        : [encodeStart(prompt.system), tokenizer.encode(promptEnd)];
      const answer = target === undefined ? [] : [...tokenizer.encode(target), endId];
      const reserved = picture.length + 1 + start.length + end.length + answer.length;
      const fitted = fitTokens({ tokens: tokenizer.encode(stripped), reserved, maxTokens, decode: (part) => tokenizer.decode(part) });
      const promptIds = [...picture, startId, ...start, ...fitted.tokens, ...end];
      const ids = Int32Array.from([...promptIds, ...answer]);
      return {
        inputIds: ids,
        promptLength: promptIds.length,
        sharedPrefixLength: 0,
        positionIds: ids.map((_, index) => index + 1),
        attentionOrder: ids.map((_, index) => Math.max(index, promptIds.length - 1)),
        truncatedTextTokens: fitted.removed,
      };
    },
  };
}

/** Squeezes a picture into the tower's square, whatever its aspect ratio: `pixel_values` float32 `[1, 3, side, side]`. */
function processImage(image: RgbImage, settings: PaligemmaImageSettings): ProcessedImage {
  const { imageSize: side, filter, mean, std, rescaleFactor, imageTokens } = settings;
  const resized = resizeImage(image, { width: side, height: side, filter });
  const data = normalizeToPlanar(resized, { mean, std, rescaleFactor });
  return {
    tensors: { pixel_values: { type: 'float32', shape: [1, 3, side, side], data } },
    featureRows: imageTokens,
    layout: undefined,
  };
}

function checkTokenizer(tokenizer: Tokenizer, { imageTokenId, endTokenIds }: PaligemmaConfig): void {
  checkTokenizerFits({ tokenizer, token: markers.image, where: 'config.json: image_token_index', ids: [imageTokenId] });
  checkTokenizerFits({ tokenizer, token: markers.end, where: 'generation_config.json: eos_token_id', ids: endTokenIds });
}
