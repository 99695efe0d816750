import {
  MmhsError,
  type CheckpointFiles,
  type EncodedPost,
  type ImageSizeOptions,
  type PostProcessor,
  type ProcessedImage,
  type Tokenizer,
} from '@mmhs/core';
import { checkTokenizerFits, rememberLast } from '@mmhs/core/family-tools';
import { fitTokens } from '@mmhs/prompts';

import type { SmolConfig } from '../config.ts';
import { encodePieces, findSpecialId } from './encode-pieces.ts';
import { layoutOf } from './image-layout.ts';
import { readImageSettings, type SmolImageSettings } from './image-settings.ts';
import { markers, tileMarker } from './markers.ts';
import { processSmolImage } from './process-image.ts';
import { renderInstructions, renderPromptEnd, renderTarget, renderUserStart } from './prompt-pieces.ts';

/** What {@link createSmolProcessor} needs. */
export interface SmolProcessorOptions {
  /** The checkpoint's files; preprocessor and processor settings are read from them. */
  readonly files: CheckpointFiles;
  readonly tokenizer: Tokenizer;
  readonly config: SmolConfig;
  /** `longestEdge` replaces the checkpoint's; the tile size gives one tile a picture, twice that at most five. */
  readonly imageSize?: ImageSizeOptions;
}

/**
 * Makes the processor of SmolVLM and SmolVLM2.
 *
 * A prompt is `<|im_start|>System: INSTRUCTIONS<end_of_utterance>\nUser:<picture>TEXT<end_of_utterance>\nAssistant:`, its
 * target ` ANSWER<end_of_utterance>`. Posts and labels are tokenised literally. The shared prefix ends with the
 * instructions' `<end_of_utterance>`. Too long a text loses tokens from its middle.
 *
 * @throws MmhsError `MMHS_MODEL_CONFIG` or `MMHS_TOKENIZER_UNKNOWN_TOKEN` when files, tokenizer and model do not fit
 * together; `MMHS_IMAGE_SIZE` for an image size that they cannot serve. `encodePost` throws `MMHS_PROMPT_TOO_LONG` when
 * the rest alone exceeds `maxTokens`.
 */
export function createSmolProcessor(options: SmolProcessorOptions): PostProcessor {
  const { files, tokenizer, config } = options;
  const settings = readImageSettings({
    files,
    config,
    ...(options.imageSize === undefined ? {} : { imageSize: options.imageSize }),
  });
  checkTokenizer(tokenizer, config, settings);
  const encodeInstructions = rememberLast((system: string) => encodePieces(renderInstructions(system), tokenizer));
  return {
    tokenizer,
    processImage: (image) => processSmolImage(image, settings),
    encodePost({ prompt, text, image, target, maxTokens }) {
      const instructions = encodeInstructions(prompt.system);
      const user = encodeUserTurn({ text, image, tokenizer, imageTokens: settings.tokensPerTile });
      const end = encodePieces(renderPromptEnd(), tokenizer);
      const answer = target === undefined ? [] : encodePieces(renderTarget(target), tokenizer);
      const reserved = instructions.length + user.start.length + end.length + answer.length;
      const fitted = fitTokens({ tokens: user.text, reserved, maxTokens, decode: (part) => tokenizer.decode(part) });
      const promptIds = [...instructions, ...user.start, ...fitted.tokens, ...end];
      return {
        ...causalSequence([...promptIds, ...answer]),
        promptLength: promptIds.length,
        sharedPrefixLength: instructions.length,
        truncatedTextTokens: fitted.removed,
      };
    },
  };
}

/** Tokens of the user turn: what must stay, and the post's text, which may be shortened. */
function encodeUserTurn(options: {
  readonly text: string;
  readonly image: ProcessedImage | undefined;
  readonly tokenizer: Tokenizer;
  readonly imageTokens: number;
}): { readonly start: number[]; readonly text: number[] } {
  const { text, image, tokenizer, imageTokens } = options;
  if (image !== undefined) {
    const start = encodePieces(renderUserStart({ layout: layoutOf(image), imageTokens }), tokenizer);
    return { start, text: tokenizer.encode(text) };
  }
  const [start] = renderUserStart({ layout: undefined, imageTokens });
  const ids = tokenizer.encode(start!.text + text);
  // The blank after "User:" becomes one token with the first word, so only what precedes it can be kept apart.
  const kept = tokenizer.encode(start!.text.trimEnd()).length;
  return { start: ids.slice(0, kept), text: ids.slice(kept) };
}

function causalSequence(ids: readonly number[]): Pick<EncodedPost, 'inputIds' | 'positionIds' | 'attentionOrder'> {
  const index = Int32Array.from(ids, (_, position) => position);
  return { inputIds: Int32Array.from(ids), positionIds: index, attentionOrder: index.slice() };
}

function checkTokenizer(tokenizer: Tokenizer, config: SmolConfig, settings: SmolImageSettings): void {
  for (const token of [markers.start, markers.endOfUtterance, markers.aroundImage]) tokenizer.specialId(token);
  checkTokenizerFits({ tokenizer, token: markers.image, where: 'config.json: image_token_id', ids: [config.imageTokenId] });
  const side = settings.splitting ? Math.ceil(settings.longestEdge / settings.tileSize) : 0;
  const hasTileMarkers = findSpecialId(tokenizer, tileMarker(1, 1)) !== undefined;
  if (side > 1 && hasTileMarkers && findSpecialId(tokenizer, tileMarker(side, side)) === undefined) {
    throw new MmhsError('MMHS_IMAGE_SIZE', 'The model has no tokens for that many tiles', {
      where: 'longestEdge',
      got: `${settings.longestEdge} pixels, up to ${side} x ${side} tiles`,
      expected: `a token ${tileMarker(side, side)} in tokenizer.json`,
      fix: 'lower the longest edge',
    });
  }
}
