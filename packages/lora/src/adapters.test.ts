import { describe, expect, it } from 'vitest';
import { fromFileTensors, toFileTensors } from './adapter-tensors.ts';
import { defineLoraConfig, parseLoraConfig } from './config.ts';
import { mergeAdapter, mergeLinear } from './merge.ts';
import { parameterShapes, resolveAdapters } from './resolve-adapters.ts';
import { families, readFixture, readJson, readTensors, specs } from './test-support.ts';

const { linears } = families.smolvlm;
const tensors = specs(families.smolvlm);

function open(folder: string) {
  const { config } = parseLoraConfig({ json: readJson(`${folder}/adapter_config.json`) });
  return { config, fileTensors: readTensors(readFixture(`${folder}/adapter_model.safetensors`)) };
}

describe('resolveAdapters', () => {
  it.each(['smolvlm-base', 'smolvlm-patterns', 'smolvlm-vision', 'smolvlm-modules-to-save'])('gives the tensors PEFT trains: %s', (folder) => {
    const { config, fileTensors } = open(folder);
    const trainable = resolveAdapters({ linears, config, tensors });
    const shapes = parameterShapes({ trainable, linears, tensors });
    const expected = [...fileTensors].map(([key, { shape }]) => [key.replace('base_model.model.', ''), shape]);
    expect(Object.fromEntries(shapes.map(({ name, shape }) => [name, shape]))).toEqual(Object.fromEntries(expected));
  });

  it('takes rank and alpha from the first pattern that matches', () => {
    const config = defineLoraConfig({
      r: 8,
      lora_alpha: 4,
      target_modules: ['q_proj', 'up_proj'],
      rank_pattern: { 'layers.0.self_attn.q_proj': 2, q_proj: 4, '.*\\.layers\\.1\\..*': 16, proj: 1 },
      alpha_pattern: { up_proj: 32 },
    });
    const { adapters } = resolveAdapters({ linears, config });
    const rank = (path: string) => adapters.get(path)?.rank;
    expect(rank('model.text_model.layers.0.self_attn.q_proj')).toBe(2);
    expect(rank('model.text_model.layers.1.self_attn.q_proj')).toBe(4);
    expect(rank('model.text_model.layers.1.mlp.up_proj')).toBe(16);
    expect(rank('model.text_model.layers.0.mlp.up_proj')).toBe(8);
    expect(adapters.get('model.text_model.layers.0.mlp.up_proj')?.scaling).toBe(4);
  });

  it('scales by alpha / r, or by alpha / sqrt(r) for rsLoRA', () => {
    const scaling = (use_rslora: boolean) =>
      resolveAdapters({ linears, config: defineLoraConfig({ r: 4, lora_alpha: 8, use_rslora, target_modules: ['o_proj'] }) })
        .adapters.get('model.text_model.layers.0.self_attn.o_proj')?.scaling;
    expect(scaling(false)).toBe(2);
    expect(scaling(true)).toBe(4);
  });

  it('resolves modules_to_save to every tensor inside, and refuses an entry that names nothing', () => {
    const config = defineLoraConfig({ target_modules: ['o_proj'], modules_to_save: ['layers.0.mlp'] });
    const vision = [...resolveAdapters({ linears, config, tensors }).full].filter((name) => name.includes('vision'));
    expect(vision).toEqual(['fc1.bias', 'fc1.weight', 'fc2.bias', 'fc2.weight'].map((end) => `model.vision_model.encoder.layers.0.mlp.${end}`));
    const wrong = defineLoraConfig({ target_modules: ['o_proj'], modules_to_save: ['score'] });
    expect(() => resolveAdapters({ linears, config: wrong, tensors })).toThrow(/"score"/);
  });
});

describe('fromFileTensors', () => {
  it.each(['smolvlm-base', 'smolvlm-patterns', 'smolvlm-vision', 'smolvlm-modules-to-save'])('reads what the settings describe and writes it back: %s', (folder) => {
    const { config, fileTensors } = open(folder);
    const adapter = fromFileTensors({ fileTensors, config, linears, tensors });
    expect(adapter.trainable).toEqual(resolveAdapters({ linears, config, tensors }));
    expect(toFileTensors({ parameters: adapter.parameters })).toEqual(fileTensors);
  });

  it('reads older names through the renaming of the family', () => {
    const { linears: towerLinears } = families.fusedTower;
    const { config, fileTensors } = open('fused-tower-old-names');
    const canonicalName = (key: string) => key.replace(/^model\.layers\./, 'model.language_model.layers.');
    const adapter = fromFileTensors({ fileTensors, config, linears: towerLinears, canonicalName });
    expect(adapter.trainable).toEqual(resolveAdapters({ linears: towerLinears, config }));
    expect(() => fromFileTensors({ fileTensors, config, linears: towerLinears })).toThrow(/base_model\.model\.model\.layers\.0/);
  });

  it('reads a trained base tensor under an older name and writes it under that of the model', () => {
    const checkpoint = [{ name: 'model.language_model.norm.weight', shape: [2], type: 'float32' as const }];
    const canonicalName = (name: string) => name.replace(/^norm\./, 'model.language_model.norm.');
    const config = defineLoraConfig({ target_modules: ['o_proj'], modules_to_save: ['norm'] });
    const adapters = readTensors(readFixture('smolvlm-base/adapter_model.safetensors'));
    const attention = new Map([...adapters].filter(([key]) => key.includes('text_model') && key.includes('o_proj')));
    const norm = { type: 'float32' as const, shape: [2], data: Float32Array.of(1, 2) };
    const fileTensors = new Map([...attention, ['base_model.model.norm.weight', norm]]);
    const loaded = fromFileTensors({ fileTensors, config: { ...config, r: 4 }, linears, tensors: checkpoint, canonicalName });
    expect([...loaded.trainable.full]).toEqual(['model.language_model.norm.weight']);
    expect(loaded.parameters.get('model.language_model.norm.weight')).toBe(norm);
    expect([...toFileTensors({ parameters: loaded.parameters }).keys()]).toContain('base_model.model.model.language_model.norm.weight');
  });

  it.each([
    ['a tensor of no module', 'base_model.model.model.nowhere.lora_A.weight', /nowhere/],
    ['a tensor without the prefix', 'model.text_model.layers.0.mlp.up_proj.lora_A.weight', /starts with base_model/],
    ['a DoRA magnitude', 'base_model.model.model.text_model.layers.0.mlp.up_proj.lora_magnitude_vector', /lora_magnitude_vector/],
  ])('names %s', (_, key, message) => {
    const { config, fileTensors } = open('smolvlm-base');
    const extra = new Map(fileTensors).set(key, { type: 'float32', shape: [1], data: new Float32Array(1) });
    expect(() => fromFileTensors({ fileTensors: extra, config, linears, tensors })).toThrow(message);
  });

  it.each(['lora_A', 'lora_B'])('names a missing %s, and a missing module', (half) => {
    const { config, fileTensors } = open('smolvlm-base');
    const key = `base_model.model.model.text_model.layers.1.mlp.up_proj.${half}.weight`;
    const without = new Map([...fileTensors].filter(([name]) => name !== key));
    expect(without.size).toBe(fileTensors.size - 1);
    expect(() => fromFileTensors({ fileTensors: without, config, linears, tensors })).toThrow(key);
    const module = new Map([...fileTensors].filter(([name]) => !name.includes('layers.1.mlp.up_proj')));
    expect(() => fromFileTensors({ fileTensors: module, config, linears, tensors })).toThrow(/layers\.1\.mlp\.up_proj/);
  });

  it('names a tensor of the wrong shape', () => {
    const { config, fileTensors } = open('smolvlm-base');
    expect(() => fromFileTensors({ fileTensors, config: { ...config, r: 5 }, linears, tensors })).toThrow(/lora_A.*\[4, 104\].*\[5, 104\]/);
  });
});

describe('mergeAdapter', () => {
  it('gives the weights PEFT merges', () => {
    const { config, fileTensors } = open('smolvlm-vision');
    const adapter = fromFileTensors({ fileTensors, config, linears, tensors });
    const merged = mergeAdapter(adapter);
    const expected = readTensors(readFixture('merged.safetensors'));
    const names = [...expected.keys()].filter((key) => key.startsWith('base.')).map((key) => key.slice('base.'.length));
    expect(names).toHaveLength(4);
    for (const name of names) {
      const reference = expected.get(`merged.${name}`)?.data ?? [];
      const base = expected.get(`base.${name}`);
      if (base === undefined) throw new Error(name);
      expect(merged.isChanged(name)).toBe(true);
      const { data } = merged.merge(name, base);
      const worst = data.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (reference[index] ?? NaN))), 0);
      expect(worst, name).toBeLessThan(1e-6);
      expect(data).not.toEqual(base.data);
    }
  });

  it('replaces trained base tensors and leaves others as they are', () => {
    const { config, fileTensors } = open('smolvlm-modules-to-save');
    const merged = mergeAdapter(fromFileTensors({ fileTensors, config, linears, tensors }));
    const name = 'model.connector.modality_projection.proj.weight';
    const zero = { type: 'float32' as const, shape: [48, 512], data: new Float32Array(48 * 512) };
    expect(merged.merge(name, zero)).toBe(fileTensors.get(`base_model.model.${name}`) ?? null);
    expect(merged.isChanged('lm_head.weight')).toBe(false);
    expect(merged.merge('lm_head.weight', zero)).toBe(zero);
  });

  it('refuses shapes that do not belong together', () => {
    const tensor = (...shape: [number, number]) => ({ type: 'float32' as const, shape, data: new Float32Array(shape[0] * shape[1]) });
    expect(() => mergeLinear({ weight: tensor(3, 2), loraA: tensor(1, 3), loraB: tensor(3, 1), scaling: 1 })).toThrow(/A \[1,3\]/);
  });
});
