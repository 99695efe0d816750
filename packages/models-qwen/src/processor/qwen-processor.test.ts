import type { ImageSizeOptions, PostProcessor, ProcessedImage } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { prompts, tiny, tinyConfig, tinyFiles, tinyTokenizer } from '../__fixtures__/tiny-checkpoint.ts';
import { createQwenProcessor } from './qwen-processor.ts';

const tokenizer = tinyTokenizer();

function open(imageSize: ImageSizeOptions = {}, preprocessor: Record<string, unknown> = {}): PostProcessor {
  const files = { ...tinyFiles, preprocessorConfig: { ...tiny.preprocessorConfig, ...preprocessor } };
  return createQwenProcessor({ files, tokenizer, config: tinyConfig(), imageSize });
}

const processor = open();
const pictureOf = ([gridHeight, gridWidth]: readonly [number, number]): ProcessedImage =>
  ({ tensors: {}, featureRows: gridHeight * gridWidth / 4, layout: { gridHeight, gridWidth } });
const promptOf = (classNames: readonly string[]) => ({ system: instructions(classNames), labelSet: classNames });

function instructions(classNames: readonly string[]): string {
  return [
    'You are a strict multi-label safety classifier. You MUST respond with a JSON array (no prose) containing zero or more' +
      ' labels selected ONLY from this list:',
    `[${classNames.map((name) => JSON.stringify(name)).join(', ')}]`,
    'Return [] if none apply. Do not include any text outside JSON.',
  ].join('\n');
}

describe('encodePost', () => {
  it.each(prompts.cases)('tokenises as the reference, literally: $case', ({ text, classNames, grid, answer, promptIds, targetIds }) => {
    const { inputIds, promptLength } = processor.encodePost({
      prompt: promptOf(classNames), text, image: pictureOf(grid), target: answer,
    });
    expect([...inputIds.subarray(0, promptLength)]).toEqual(promptIds);
    expect([...inputIds.subarray(promptLength)]).toEqual(targetIds);
  });

  const prompt = promptOf(['a', 'b']);
  const decode = (ids: Iterable<number>): string => tokenizer.decode([...ids], { keepSpecialTokens: true });

  it('without a picture has none in the prompt, and plain positions', () => {
    const { inputIds, positionIds, promptLength } = processor.encodePost({ prompt, text: 'hello', image: undefined });
    expect(promptLength).toBe(inputIds.length);
    expect(decode(inputIds)).toBe(
      `<|im_start|>system\n${prompt.system}<|im_end|>\n<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n`);
    const index = Array.from(inputIds, (_, token) => token);
    expect([...positionIds]).toEqual([...index, ...index, ...index]);
  });

  it('shares the instructions, up to the turn of the user', () => {
    const posts = ['x', ' y'].map((text) => processor.encodePost({ prompt, text, image: undefined }));
    for (const { inputIds, sharedPrefixLength } of posts) {
      expect(decode(inputIds.subarray(0, sharedPrefixLength))).toBe(`<|im_start|>system\n${prompt.system}<|im_end|>\n`);
    }
  });

  it.each(['word '.repeat(60), '\n\n  word '.repeat(40)])('shortens the middle of a long text only', (text) => {
    const image = pictureOf([4, 4]);
    const whole = processor.encodePost({ prompt, text, image, target: '[]' });
    const maxTokens = whole.inputIds.length - 30;
    const cut = processor.encodePost({ prompt, text, image, target: '[]', maxTokens });
    expect([cut.inputIds.length, cut.truncatedTextTokens]).toEqual([maxTokens, 30]);
    expect([...cut.inputIds.subarray(cut.promptLength)]).toEqual([...whole.inputIds.subarray(whole.promptLength)]);
    expect(cut.inputIds.filter((id) => id === tinyConfig().imageTokenId)).toHaveLength(4);
    expect(decode(cut.inputIds)).toMatch(/<\|im_start\|>user\n[\s\S]*word <\|vision_start\|>/);
  });

  it('refuses a limit that the rest alone exceeds', () => {
    expect(() => processor.encodePost({ prompt, text: 'x', image: pictureOf([4, 4]), maxTokens: 20 }))
      .toThrow(expect.objectContaining({ code: 'MMHS_PROMPT_TOO_LONG' }) as Error);
  });
});

describe('processImage', () => {
  const picture = (width: number, height: number) => ({ width, height, data: new Uint8Array(3 * width * height).fill(128) });
  const gridOf = (opened: PostProcessor, width: number, height: number): unknown => opened.processImage(picture(width, height)).layout;

  it('gives patches, their places and the number of image tokens', () => {
    const { tensors, featureRows, layout } = processor.processImage(picture(120, 90));
    expect([featureRows, layout]).toEqual([6, { gridHeight: 4, gridWidth: 6 }]);
    expect(tensors['pixel_values']?.shape).toEqual([24, 1176]);
    expect(tensors['patch_positions']?.shape).toEqual([2, 6, 4]);
    const green = (128 / 255 - 0.4578275) / 0.26130258;
    expect(tensors['pixel_values']?.data[392]).toBeCloseTo(green, 6);
  });

  it('keeps a picture at 256 image tokens however many the checkpoint allows', () => {
    const hub = open({}, { min_pixels: 3136, max_pixels: 12_845_056 });
    expect(hub.processImage(picture(1280, 960)).featureRows).toBeLessThanOrEqual(256);
    expect(hub.processImage(picture(1280, 960)).featureRows).toBeGreaterThan(220);
    expect(hub.processImage(picture(224, 224)).featureRows).toBe(64);
  });

  it('takes the numbers of pixels that are asked for', () => {
    expect(gridOf(open({ maxPixels: 784 * 400 }), 1280, 960)).toEqual({ gridHeight: 34, gridWidth: 46 });
    expect(gridOf(open({ minPixels: 5488, maxPixels: 6272 }), 28, 28)).toEqual({ gridHeight: 6, gridWidth: 6 });
    expect(gridOf(open({ maxPixels: 784 }), 100, 100)).toEqual({ gridHeight: 2, gridWidth: 2 });
  });

  it('reads the newer spelling of the pixel counts', () => {
    const newer = { min_pixels: undefined, max_pixels: undefined, size: { shortest_edge: 784, longest_edge: 784 } };
    expect(gridOf(open({}, newer), 100, 100)).toEqual({ gridHeight: 2, gridWidth: 2 });
  });
});

describe('createQwenProcessor', () => {
  it.each([
    [{ minPixels: 0 }, {}, 'MMHS_IMAGE_SIZE'],
    [{ maxPixels: 1.5 }, {}, 'MMHS_IMAGE_SIZE'],
    [{ minPixels: 9000, maxPixels: 8000 }, {}, 'MMHS_IMAGE_SIZE'],
    [{}, { patch_size: 16 }, 'MMHS_MODEL_CONFIG'],
    [{}, { merge_size: 1 }, 'MMHS_MODEL_CONFIG'],
    [{}, { do_resize: false }, 'MMHS_MODEL_CONFIG'],
  ])('refuses %o with %o', (imageSize, preprocessor, code) => {
    expect(() => open(imageSize, preprocessor)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('refuses a tokenizer of another model', () => {
    const config = { ...tinyConfig(), imageTokenId: 5 };
    expect(() => createQwenProcessor({ files: tinyFiles, tokenizer, config }))
      .toThrow(/image_token_id.*got 5.*expected 638, the id of <\|image_pad\|>/);
  });
});
