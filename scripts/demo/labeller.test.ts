import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createRandom, type FloatTensor, type Prediction } from '@mmhs/core';
import { defineLoraConfig, parameterShapes, resolveAdapters, saveAdapter } from '@mmhs/lora';
import { smolFamily } from '@mmhs/models-smol';
import { buildPrompt, recordPrompt } from '@mmhs/prompts';
import { openCheckpointFolder } from '@mmhs/runtime';
import { decisionRules, openLabeller, openLabellers, writeDecision, type Labeller, type PostToLabel } from '@mmhs/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const demo = join(import.meta.dirname, '../../data/demo');
const modelFolder = join(demo, 'checkpoint');
const common = {
  modelId: modelFolder, families: [smolFamily], device: 'cpu', threads: 1, batchSize: 3, maxNewTokens: 16,
} as const;
const posts: readonly PostToLabel[] = [
  { id: 'a', text: 'we saw the cup and the lamp near the tree', imagePath: join(demo, 'images/val-001.png') },
  { id: 'b', text: 'someone carried a drum' },
  { id: 'c', text: '', imagePath: join(demo, 'images/val-002.png') },
  { id: 'd', text: 'we painted the bike near the dulmar, "twice"', imagePath: join(demo, 'images/val-002.png') },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-labeller-'));
  await writeAdapter('five', ['racist', 'sexist', 'homophobe', 'religion', 'otherhate'], 'q_proj,v_proj');
  await writeAdapter('others', ['a, "b"', 'c/d \u{1F642}'], 'all-linear');
});
afterAll(() => rm(folder, { recursive: true }));

/** An adapter of random numbers, with the prompt record that training writes. */
async function writeAdapter(name: string, labelSet: readonly string[], targets: string): Promise<void> {
  const { files } = await openCheckpointFolder({ folder: modelFolder });
  const model = smolFamily.openModel(files);
  const config = defineLoraConfig({
    base_model_name_or_path: modelFolder, r: 4, lora_alpha: 8, target_modules: targets === 'all-linear' ? targets : targets.split(','),
  });
  const trainable = resolveAdapters({ linears: model.linears, config, tensors: model.tensors });
  const random = createRandom(name.length);
  const parameters = new Map(parameterShapes({ trainable, linears: model.linears, tensors: model.tensors }).map(({ name: tensor, shape }): [string, FloatTensor] => {
    const length = shape.reduce((product, size) => product * size, 1);
    return [tensor, { type: 'float32', shape, data: Float32Array.from({ length }, () => 0.1 * random.normal()) }];
  }));
  const chatTemplate = typeof files.chatTemplate === 'string' ? files.chatTemplate : JSON.stringify(files.chatTemplate ?? null);
  const prompt = recordPrompt({
    prompt: buildPrompt({ labelSet }), context: { family: 'smol', chatTemplate, imageSize: '{}', maxTokens: 'null' },
  });
  await saveAdapter({
    folder: join(folder, name), config, parameters, linears: model.linears, tensors: model.tensors,
    extraFiles: { 'prompt.json': JSON.stringify(prompt) },
  });
}

function expectClose(actual: readonly Prediction[], expected: readonly Prediction[]): void {
  expect(actual.map(({ id, labels }) => [id, labels])).toEqual(expected.map(({ id, labels }) => [id, labels]));
  actual.forEach(({ scores = [], probability = 0 }, index) => {
    scores.forEach((score, label) => expect(score).toBeCloseTo(expected[index]?.scores?.[label] ?? Number.NaN, 4));
    expect(probability).toBeCloseTo(expected[index]?.probability ?? Number.NaN, 4);
  });
}

async function using<Result>(labeller: Labeller, use: (labeller: Labeller) => Promise<Result>): Promise<Result> {
  try {
    return await use(labeller);
  } finally {
    await labeller.close();
  }
}

describe('labellers of adapters', () => {
  it('side by side answer as each alone, in every batch, whatever the adapters sit on', async () => {
    const folders = ['five', 'others'].map((name) => join(folder, name));
    const together = await openLabellers({ ...common, adapterFolders: folders });
    const answers = await Promise.all(together.map((labeller) => labeller.label({ samples: posts, rule: 'array' })));
    await Promise.all(together.map((labeller) => labeller.close()));
    for (const [index, adapterFolder] of folders.entries()) {
      const alone = await using(await openLabeller({ ...common, batchSize: 1, adapterFolder }), (labeller) =>
        labeller.label({ samples: posts, rule: 'array' }));
      expectClose(alone, answers[index] ?? []);
    }
    expect(answers[0]?.every(({ scores }) => scores?.length === 5)).toBe(true);
    expect(answers[1]?.every(({ scores }) => scores?.length === 2)).toBe(true);
  }, 60_000);

  it('merged give the answers of live ones, tower included', async () => {
    const adapterFolder = join(folder, 'others');
    const [live, merged] = await Promise.all([false, true].map(async (merge) =>
      using(await openLabeller({ ...common, adapterFolder, merge }), (labeller) => labeller.label({ samples: posts, rule: 'marginals' }))));
    expectClose(merged ?? [], live ?? []);
  }, 60_000);

  it('follow each rule, with scores where they are asked for, and valid answers where the language is kept', async () => {
    await using(await openLabeller({ ...common, adapterFolder: join(folder, 'five') }), async (labeller) => {
      for (const rule of decisionRules) {
        const answers = await labeller.label({ samples: posts, rule, scores: true });
        for (const { labels, scores = [], valid, rawText } of answers) {
          expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
          if (rule === 'marginals') expect(labels).toEqual(labeller.labelSet.filter((_, index) => (scores[index] as number) >= 0.5));
          if (rule !== 'generate') expect([valid, JSON.parse(rawText)]).toEqual([true, labels]);
        }
      }
      const [bare] = await labeller.label({ samples: posts.slice(0, 1) });
      expect(bare?.scores).toBeUndefined();
    });
  }, 60_000);

  it('take pictures as bytes, and show the prompt that is sent', async () => {
    await using(await openLabeller({ ...common, adapterFolder: join(folder, 'five'), rule: 'array' }), async (labeller) => {
      const [file] = posts as [PostToLabel];
      const bytes = { id: 'a', text: file.text, imageBytes: new Uint8Array(await readFile(file.imagePath ?? '')) };
      expectClose(await labeller.label({ samples: [bytes] }), await labeller.label({ samples: [file] }));
      const { text, tokens, sharedTokens, imageTokens } = await labeller.describePrompt(bytes);
      expect(text).toContain('"homophobe"');
      expect(text).toContain(file.text);
      expect(tokens).toBeGreaterThan(sharedTokens + imageTokens);
      await expect(labeller.label({ samples: [{ ...bytes, imagePath: file.imagePath }] })).rejects.toMatchObject({ code: 'MMHS_LABELLER_POST' });
      await expect(labeller.label({ samples: [{ id: 'x', text: '', imageBytes: new Uint8Array(9) }] })).rejects.toThrow(/x/);
    });
  }, 60_000);

  it('use the thresholds and the calibration beside the adapter, and those given instead', async () => {
    const adapterFolder = join(folder, 'others');
    const labelSet = ['a, "b"', 'c/d \u{1F642}'];
    const calibration = [{ slope: 1, intercept: 50 }, { slope: 1, intercept: -50 }];
    await writeDecision({ folder: adapterFolder, labelSet, tuned: { thresholds: [0.9, 0.1], calibration, posts: 2, honestF1: [1, 1] } });
    await using(await openLabeller({ ...common, adapterFolder, rule: 'thresholds' }), async (labeller) => {
      expect([labeller.thresholds, labeller.calibrated]).toEqual([[0.9, 0.1], true]);
      const answers = await labeller.label({ samples: posts });
      expect(answers.map(({ labels }) => labels)).toEqual(posts.map(() => ['a, "b"']));
    });
    const given = await openLabeller({ ...common, adapterFolder, rule: 'thresholds', thresholds: { 'a, "b"': 1.1 } });
    await using(given, async (labeller) => {
      expect((await labeller.label({ samples: posts })).every(({ labels }) => labels.length === 0)).toBe(true);
    });
    await expect(openLabeller({ ...common, adapterFolder, thresholds: { other: 0.5 } })).rejects.toMatchObject({ code: 'MMHS_LABELLER_THRESHOLDS' });
  }, 60_000);
});
