import { MmhsError, type LinearModule } from '@mmhs/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineLoraConfig, type LoraConfigInput } from './config.ts';
import { matchModules } from './match-modules.ts';
import { allLinearTargets, minimalTargets, modulePaths } from './minimal-targets.ts';
import { parameterShapes, resolveAdapters } from './resolve-adapters.ts';
import { families } from './test-support.ts';

describe.each(Object.entries(families))('matchModules on %s', (name, family) => {
  const { linears } = family;
  const matching = family.cases.filter(({ modules }) => modules !== undefined);
  const failing = family.cases.filter(({ error }) => error !== undefined);

  it.each(matching)('chooses what PEFT chooses: $case', ({ config, modules, trainable_parameters }) => {
    const settings = defineLoraConfig({ r: 3, ...(config as LoraConfigInput) });
    const paths = matchModules({ linears, config: settings }).map(({ path }) => path);
    expect(paths.toSorted()).toEqual(modules?.toSorted());

    const shapes = parameterShapes({ trainable: resolveAdapters({ linears, config: settings }), linears });
    const count = shapes.reduce((sum, { shape }) => sum + (shape[0] ?? 0) * (shape[1] ?? 0), 0);
    expect(count).toBe(trainable_parameters);
  });

  it.each(failing)('refuses what PEFT refuses: $case', ({ config }) => {
    const settings = defineLoraConfig(config as LoraConfigInput);
    expect(() => matchModules({ linears, config: settings })).toThrow(/layers\.N\.self_attn\.q_proj/);
  });

  it('shortens all-linear to the endings PEFT writes, which choose the same modules', () => {
    const targets = linears.filter(({ part }) => part !== 'head').map(({ path }) => path);
    const paths = modulePaths([...linears.map(({ path }) => `${path}.weight`), patchEmbedding(name)]);
    const others = [...paths].filter((path) => !targets.includes(path));
    const endings = minimalTargets({ targets, others });
    expect(endings).toEqual(family.cases.find((entry) => entry.case === 'all-linear')?.target_modules_on_disk);
    const chosen = matchModules({ linears, config: defineLoraConfig({ target_modules: endings }) });
    expect(chosen.map(({ path }) => path)).toEqual(targets);
  });
});

it('writes fewer than 20 linears as they are, and shortens 20 of them', () => {
  const make = (count: number): LinearModule[] => Array.from({ length: count }, (_, layer) => (
    { path: `model.layers.${layer}.up_proj`, inFeatures: 1, outFeatures: 1, part: 'language' }));
  expect(allLinearTargets({ linears: make(2), tensors: [] })).toEqual(['model.layers.0.up_proj', 'model.layers.1.up_proj']);
  expect(allLinearTargets({ linears: make(19), tensors: [] })).toHaveLength(19);
  expect(allLinearTargets({ linears: make(20), tensors: [] })).toEqual(['up_proj']);
});

/** The module that is no linear and matters for shortening: one family's patch embedding ends in `proj` like some linears. */
function patchEmbedding(family: string): string {
  return family === 'fusedTower' ? 'model.visual.patch_embed.proj.weight' : 'model.vision_model.embeddings.patch_embedding.weight';
}

describe('matchModules', () => {
  const { linears } = families.fusedTower;
  const choose = (input: LoraConfigInput): string[] =>
    matchModules({ linears, config: defineLoraConfig(input) }).map(({ path }) => path);

  it('never matches a part of a path segment', () => {
    fc.assert(
      fc.property(fc.constantFrom(...linears), fc.nat(), ({ path }, seed) => {
        const start = 1 + (seed % (path.length - 1));
        const ending = path.slice(start);
        fc.pre(ending !== '' && path[start - 1] !== '.' && !linears.some((other) => other.path.endsWith(`.${ending}`) || other.path === ending));
        expect(() => choose({ target_modules: [ending] })).toThrow(MmhsError);
      }),
    );
  });

  it('reads the layer number after layers_pattern, or the first one in the path', () => {
    expect(choose({ target_modules: ['fc1'], layers_to_transform: 0 })).toEqual(['model.visual.blocks.0.mlp.fc1']);
    expect(choose({ target_modules: ['fc1', 'up_proj'], layers_to_transform: [1], layers_pattern: 'layers' })).toEqual([
      'model.language_model.layers.1.mlp.up_proj',
    ]);
  });

  it('does not apply layers_to_transform to an entry that is a whole path', () => {
    const path = 'model.language_model.layers.1.mlp.up_proj';
    expect(choose({ target_modules: [path], layers_to_transform: [0] })).toEqual([path]);
  });

  it('leaves out modules inside modules_to_save', () => {
    expect(choose({ target_modules: 'all-linear', modules_to_save: ['visual'] }).some((path) => path.includes('visual'))).toBe(false);
  });

  it('leaves the head out of all-linear, but not out of a list', () => {
    expect(choose({ target_modules: 'ALL-linear' })).not.toContain('lm_head');
    expect(choose({ target_modules: ['lm_head'] })).toEqual(['lm_head']);
  });
});
