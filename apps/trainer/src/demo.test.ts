import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveTrainingConfig } from '@mmhs/trainer';
import { expect, it } from 'vitest';
import { demo } from './demo.ts';
import { families } from './families.ts';

it.each(['smol', ...Object.keys(demo.paths)])('the demo of %s has usable settings and a checkpoint of its family', async (model) => {
  const { config } = await resolveTrainingConfig({ argv: ['--model', model], env: {}, cwd: '/', demo });
  expect(config.train_csv).toBe(join(demo.folder, 'data/demo/train.csv'));
  const { model_type } = JSON.parse(await readFile(join(config.model_id ?? '', 'config.json'), 'utf8')) as { model_type: string };
  expect(families.find(({ name }) => name === model)?.modelTypes).toContain(model_type);
});
