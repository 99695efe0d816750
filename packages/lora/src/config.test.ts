import { describe, expect, it } from 'vitest';
import { defineLoraConfig, formatLoraConfig, parseLoraConfig } from './config.ts';
import { readJson } from './test-support.ts';

describe('parseLoraConfig', () => {
  it.each(['smolvlm-base', 'smolvlm-rslora', 'smolvlm-patterns', 'smolvlm-vision', 'smolvlm-modules-to-save'])(
    'reads what PEFT wrote and keeps its meaning when written again: %s',
    (folder) => {
      const json = readJson(`${folder}/adapter_config.json`) as Record<string, unknown>;
      const { config } = parseLoraConfig({ json });
      for (const [key, value] of Object.entries(config)) expect(value, key).toEqual(json[key]);
      const written = JSON.parse(formatLoraConfig(config)) as Record<string, unknown>;
      for (const [key, value] of Object.entries(written)) expect(value, key).toEqual(json[key]);
      expect(parseLoraConfig({ json: written }).config).toEqual(config);
    },
  );

  it('fills in PEFT defaults and names the keys without effect', () => {
    const { config, ignoredKeys } = parseLoraConfig({ json: { peft_type: 'LORA', target_modules: ['q'], brand_new: 1 } });
    expect(config).toMatchObject({ r: 8, lora_alpha: 8, lora_dropout: 0, use_rslora: false, init_lora_weights: true });
    expect(ignoredKeys).toEqual(['brand_new']);
  });

  it.each([
    ['use_dora', true],
    ['lora_bias', true],
    ['fan_in_fan_out', true],
    ['bias', 'all'],
    ['layer_replication', [[0, 2]]],
    ['trainable_token_indices', [1]],
    ['init_lora_weights', 'pissa_niter_4'],
    ['peft_type', 'LOHA'],
    ['r', 0],
    ['lora_dropout', 1],
    ['layers_pattern', 'layers'],
  ])('refuses %s = %j, naming the key', (key, value) => {
    expect(() => parseLoraConfig({ json: { target_modules: ['q'], [key]: value } })).toThrow(new RegExp(key));
  });

  it('refuses layers_to_transform beside a regular expression, as PEFT does', () => {
    expect(() => defineLoraConfig({ target_modules: '.*q', layers_to_transform: [1] })).toThrow(/layers_to_transform/);
  });
});

describe('formatLoraConfig', () => {
  it('sorts its keys and ends without a line break, as PEFT does', () => {
    const text = formatLoraConfig(defineLoraConfig({ target_modules: ['q'], use_rslora: true }));
    const keys = Object.keys(JSON.parse(text) as object);
    expect(keys).toEqual(keys.toSorted());
    expect(keys).toContain('use_rslora');
    expect(text.endsWith('}')).toBe(true);
  });
});
