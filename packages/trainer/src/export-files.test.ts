import type { CheckpointFiles } from '@mmhs/core';
import { describe, expect, it } from 'vitest';

import { exportFiles } from './export-files.ts';

const files: CheckpointFiles = {
  config: { model_type: 'tiny', 'transformers.js_config': { dtype: 'q4' } },
  generationConfig: undefined,
  preprocessorConfig: undefined,
  processorConfig: { image_processor: { image_processor_type: 'TinyImageProcessorFast', do_resize: true }, image_seq_len: 4 },
  tokenizer: { version: '1.0' },
  tokenizerConfig: { bos_token: '<s>' },
  chatTemplate: '{{ messages }}',
};

describe('exportFiles', () => {
  it('unnests image settings, puts the chat template into the tokenizer settings, and counts files of weights', () => {
    const transformersJs = { graphs: () => ({}), files: () => ({}) };
    expect(exportFiles({ files, transformersJs, imageSize: {}, chunks: { 'a.onnx': 2 } })).toEqual({
      'config.json': { model_type: 'tiny', 'transformers.js_config': { dtype: 'q4', use_external_data_format: { 'a.onnx': 2 } } },
      'preprocessor_config.json': { image_processor_type: 'TinyImageProcessor', do_resize: true },
      'processor_config.json': { image_seq_len: 4 },
      'tokenizer.json': { version: '1.0' },
      'tokenizer_config.json': { bos_token: '<s>', chat_template: '{{ messages }}' },
    });
  });

  it("takes a family's own forms, made from these files and the picture size of training", () => {
    const transformersJs = {
      graphs: () => ({}),
      files: (given: { readonly files: CheckpointFiles; readonly imageSize: object }) => ({
        'config.json': { given: given.files.preprocessorConfig, ...given.imageSize },
      }),
    };
    const written = exportFiles({ files, transformersJs, imageSize: { longestEdge: 64 }, chunks: {} });
    expect(written['config.json']).toEqual({
      given: { image_processor_type: 'TinyImageProcessor', do_resize: true }, longestEdge: 64, 'transformers.js_config': { use_external_data_format: {} },
    });
  });
});
