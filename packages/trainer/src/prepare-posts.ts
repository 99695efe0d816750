import { MmhsError, type EncodedPost, type PostProcessor, type ProcessedImage, type PromptContent, type Sample } from '@mmhs/core';
import { writeLabels } from '@mmhs/prompts';

import type { ImageLoader } from './image-loader.ts';

/** A post as tokens, with what is needed to find its image features. */
export interface PreparedPost {
  readonly sample: Sample;
  /** Prompt and target. */
  readonly encoded: EncodedPost;
  readonly image: PreparedImage | undefined;
}

/** Where a picture is and how many rows of features it has. */
export interface PreparedImage {
  readonly path: string;
  /** Hash of the file's bytes. */
  readonly key: string;
  readonly featureRows: number;
}

/**
 * Loads each post's picture once and tokenises prompt and target.
 *
 * @throws MmhsError `MMHS_PROMPT_TOO_LONG` naming the post whose instructions, picture and answer alone exceed `maxTokens`, or
 * whose prompt exceeds `maxPromptTokens`.
 */
export async function preparePosts(options: {
  readonly samples: readonly Sample[];
  readonly processor: PostProcessor;
  readonly prompt: PromptContent;
  readonly images: ImageLoader;
  /** Longest sequence; longer texts are shortened. @default no limit */
  readonly maxTokens?: number | undefined;
  /** Longest prompt, tokens of the picture not counted; longer ones are refused. @default no limit */
  readonly maxPromptTokens?: number | undefined;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}): Promise<PreparedPost[]> {
  const { samples, processor, prompt, images, maxTokens, onProgress, signal } = options;
  const posts: PreparedPost[] = [];
  for (const sample of samples) {
    signal?.throwIfAborted();
    const loaded = sample.imagePath === undefined ? undefined : await images.load(sample.imagePath, { signal });
    const encoded = encode(sample, loaded?.processed, { processor, prompt, maxTokens });
    const image = loaded && sample.imagePath !== undefined
      ? { path: sample.imagePath, key: loaded.key, featureRows: loaded.processed.featureRows }
      : undefined;
    checkLength({ sample, encoded, image }, options.maxPromptTokens);
    posts.push({ sample, encoded, image });
    onProgress?.(posts.length, samples.length);
  }
  return posts;
}

function encode(
  { text, labels, source }: Sample,
  image: ProcessedImage | undefined,
  { processor, prompt, maxTokens }: {
    readonly processor: PostProcessor; readonly prompt: PromptContent; readonly maxTokens: number | undefined;
  },
): EncodedPost {
  const target = writeLabels(labels, prompt.labelSet);
  try {
    return processor.encodePost({ prompt, text, image, target, ...(maxTokens === undefined ? {} : { maxTokens }) });
  } catch (error) {
    if (!MmhsError.isInstance(error) || error.code !== 'MMHS_PROMPT_TOO_LONG') throw error;
    // A processor does not know which row it is given.
    throw new MmhsError(error.code, "The post does not fit into the token limit, even without its text", {
      ...error.details, where: source, cause: error,
    });
  }
}

function checkLength({ sample, encoded, image }: PreparedPost, limit: number | undefined): void {
  const tokens = encoded.promptLength - (image?.featureRows ?? 0);
  if (limit === undefined || tokens <= limit) return;
  throw new MmhsError('MMHS_PROMPT_TOO_LONG', 'The text is too long', {
    where: sample.source, got: `a prompt of ${tokens} tokens besides the picture's`, expected: `at most ${limit}`, fix: 'shorten the text',
  });
}

/** The prompt of a post without its target, for generation. */
export function promptOf(encoded: EncodedPost): EncodedPost {
  const { promptLength, inputIds, positionIds, attentionOrder } = encoded;
  const rows = positionIds.length / inputIds.length;
  const positions = new Int32Array(rows * promptLength);
  for (let row = 0; row < rows; row++) {
    const start = row * inputIds.length;
    positions.set(positionIds.subarray(start, start + promptLength), row * promptLength);
  }
  return {
    ...encoded,
    inputIds: inputIds.subarray(0, promptLength),
    positionIds: positions,
    attentionOrder: attentionOrder.subarray(0, promptLength),
  };
}
