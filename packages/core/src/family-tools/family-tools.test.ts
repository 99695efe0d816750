import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { MmhsError } from '../errors.ts';
import type { ProcessedImage, Tokenizer } from '../family.ts';
import {
  batchPixels, checkModelConfig, checkProcessorFits, checkTokenizerFits, parseCheckpointFile, readImageProcessor, rememberLast,
} from './index.ts';

function failure(run: () => unknown): MmhsError {
  try {
    run();
  } catch (error) {
    if (MmhsError.isInstance(error)) return error;
  }
  throw new Error('nothing was thrown');
}

describe('parseCheckpointFile', () => {
  const schema = z.object({ layers: z.array(z.object({ size: z.number() })) });
  const file = 'config.json';

  it('returns what the schema makes of the file', () => {
    expect(parseCheckpointFile({ schema: z.object({ a: z.number().default(3) }), value: { b: 1 }, file })).toEqual({ a: 3 });
  });

  it('names the file, the field and what stands there', () => {
    const value = { layers: [{ size: 1 }, { size: 'two' }] };
    expect(failure(() => parseCheckpointFile({ schema, value, file })).details).toMatchObject({ where: 'config.json: layers.1.size', got: '"two"' });
    expect(failure(() => parseCheckpointFile({ schema, value: {}, file, path: 'text_config' })).details)
      .toMatchObject({ where: 'config.json: text_config.layers', got: 'nothing' });
    expect(failure(() => parseCheckpointFile({ schema, value: undefined, file })).details).toMatchObject({ where: 'config.json', got: 'nothing' });
  });
});

it('checkModelConfig blames a field of config.json', () => {
  const details = { field: 'text_config.heads', got: 5, expected: 'a divisor of 6' };
  checkModelConfig(true, details);
  expect(failure(() => checkModelConfig(false, details))).toMatchObject({
    code: 'MMHS_MODEL_CONFIG', details: { where: 'config.json: text_config.heads', got: '5', expected: 'a divisor of 6' },
  });
});

describe('readImageProcessor', () => {
  const schema = z.object({ size: z.number() });
  const defaults = { filter: 'bicubic', mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } as const;
  const absent = { preprocessorConfig: undefined, processorConfig: undefined };

  it('reads the same from either file, and fills in what is absent', () => {
    const settings = { size: 4, resample: 1, image_mean: [0, 0.1, 0.2] };
    const old = readImageProcessor({ files: { ...absent, preprocessorConfig: settings }, schema, defaults });
    const nested = readImageProcessor({ files: { ...absent, processorConfig: { image_processor: settings } }, schema, defaults });
    expect(old.own).toEqual({ size: 4 });
    expect(old.pixels).toEqual({ filter: 'lanczos', rescaleFactor: 1 / 255, mean: [0, 0.1, 0.2], std: [1, 1, 1] });
    expect({ ...nested, whereIs: undefined }).toEqual({ ...old, whereIs: undefined });
    expect(old.whereIs('size')).toBe('preprocessor_config.json: size');
    expect(nested.whereIs('size')).toBe('processor_config.json: image_processor.size');
  });

  it('prefers the file of its own', () => {
    const files = { preprocessorConfig: { size: 1 }, processorConfig: { image_processor: { size: 2 } } };
    expect(readImageProcessor({ files, schema, defaults }).own).toEqual({ size: 1 });
  });

  it.each([
    [{ preprocessorConfig: { size: 1, do_normalize: false } }, 'preprocessor_config.json: do_normalize'],
    [{ preprocessorConfig: { size: 1, resample: 0 } }, 'preprocessor_config.json: resample'],
    [{ processorConfig: { image_processor: { size: 'big' } } }, 'processor_config.json: image_processor.size'],
    [{ processorConfig: { image_processor: 3 } }, 'processor_config.json: image_processor'],
    [{}, 'processor_config.json: image_processor.size'],
  ])('refuses %o and names the field', (files, where) => {
    expect(failure(() => readImageProcessor({ files: { ...absent, ...files }, schema, defaults })).details.where).toBe(where);
  });

  it('checkProcessorFits lets absent settings pass, and no others than the wanted', () => {
    for (const got of [undefined, null, 3]) checkProcessorFits({ where: 'here', got, expected: 3 });
    expect(failure(() => checkProcessorFits({ where: 'here', got: 4, expected: 3 })).details).toMatchObject({ where: 'here', got: '4' });
  });
});

it('checkTokenizerFits compares the id of a token with those of the configuration', () => {
  const tokenizer: Tokenizer = { encode: () => [], decode: () => '', specialId: () => 7 };
  const options = { tokenizer, token: '<image>', where: 'config.json: image_token_id' };
  checkTokenizerFits({ ...options, ids: [5, 7] });
  expect(failure(() => checkTokenizerFits({ ...options, ids: [5, 6] }))).toMatchObject({
    code: 'MMHS_MODEL_CONFIG',
    details: { where: 'config.json: image_token_id', got: '5, 6', expected: '7, the id of <image> in tokenizer.json' },
  });
});

it('rememberLast computes anew only when the text changes', () => {
  const seen: string[] = [];
  const length = rememberLast((text) => seen.push(text) && text.length);
  expect(['aa', 'aa', 'b', 'b', 'aa'].map(length)).toEqual([2, 2, 1, 1, 2]);
  expect(seen).toEqual(['aa', 'b', 'aa']);
});

describe('batchPixels', () => {
  const picture = (rows: number, first: number): ProcessedImage => ({
    tensors: { pixel_values: { type: 'float32', shape: [rows, 2], data: Float32Array.from({ length: rows * 2 }, (_, at) => first + at) } },
    featureRows: rows,
    layout: undefined,
  });

  it('puts the rows of all pictures one after the other', () => {
    expect(batchPixels([picture(2, 0), picture(1, 10)])).toEqual({
      type: 'float32', shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 10, 11),
    });
  });

  it('refuses what another processor made', () => {
    expect(failure(() => batchPixels([picture(1, 0), { ...picture(1, 0), tensors: {} }])).code).toBe('MMHS_IMAGE_LAYOUT');
  });
});
