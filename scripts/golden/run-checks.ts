import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRuntime } from '@mmhs/runtime';

import { UsageError } from './arguments.ts';
import { checkAdapters } from './checks/adapters.ts';
import { checkDecodedImages } from './checks/decoded-images.ts';
import { checkForwardCaps } from './checks/forward-caps.ts';
import { checkForward } from './checks/forward.ts';
import { checkGeneration } from './checks/generate.ts';
import { checkLabelScores } from './checks/label-scores.ts';
import { checkMetrics } from './checks/metrics.ts';
import { checkNf4 } from './checks/nf4.ts';
import { checkPreprocess } from './checks/preprocess.ts';
import { checkResize } from './checks/resize.ts';
import { checkSamples } from './checks/samples.ts';
import { checkTargets } from './checks/targets.ts';
import { checkTokens } from './checks/tokens.ts';
import { checkTraining } from './checks/train.ts';
import { families, findFamily } from './families.ts';
import { readJson } from './json-file.ts';
import { openModelUnderTest } from './model-under-test.ts';
import { openPicturePool, type PicturePool } from './picture-pool.ts';
import { readPosts } from './posts.ts';
import type { Reporter } from './reporter.ts';
import { modelConfigSchema } from './schemas.ts';

/**
 * Runs every check that a folder has reference data for.
 *
 * @throws UsageError when the folder is no such folder, or has nothing of the family.
 */
export async function runChecks(options: {
  readonly folder: string;
  readonly family: string | undefined;
  readonly reporter: Reporter;
}): Promise<void> {
  const { folder, reporter } = options;
  const models = await findModels(folder, options.family);
  const pictures = await openPicturePool(folder);
  await checkSharedParts({ folder, pictures, reporter });
  // The models are tiny: a second thread would only wait for the first.
  const runtime = await createRuntime({ threads: 1 });
  try {
    for (const { name, modelType } of models) {
      const family = findFamily(modelType);
      if (family === undefined) reporter.skip(name, `no package reads model_type "${modelType}" yet`);
      else await reporter.group(name, () => checkModel({ folder, name, family, runtime, pictures, reporter }));
    }
  } finally {
    await runtime.close();
  }
}

async function checkSharedParts(options: {
  readonly folder: string;
  readonly pictures: PicturePool;
  readonly reporter: Reporter;
}): Promise<void> {
  const { folder, reporter } = options;
  const part = async (name: string, file: string, run: () => Promise<void>): Promise<void> => {
    if (existsSync(join(folder, file))) await reporter.group(name, run);
    else reporter.skip(name, `no ${file} in the folder`);
  };
  await part('images', 'images/images.json', () => checkDecodedImages(options));
  await part('resize', 'resize.json', () => checkResize(options));
  await part('metrics', 'metrics', () => checkMetrics(folder, reporter));
}

async function checkModel(options: Parameters<typeof openModelUnderTest>[0] & { readonly reporter: Reporter }): Promise<void> {
  const { reporter } = options;
  const under = await openModelUnderTest(options);
  const part = async (file: string, run: () => Promise<void>): Promise<void> => {
    const line = `${under.name} ${file}`;
    if (existsSync(under.path(file))) await reporter.group(line, run);
    else reporter.skip(line, 'not in the folder');
  };
  await part('preprocess.json', () => checkPreprocess(under, reporter));
  await part('tokens.json', () => checkTokens(under, reporter));
  await part('targets.json', () => checkTargets(under, reporter));
  // All others ask for posts.
  await part('samples.json', async () => {
    const posts = await readPosts(under);
    await checkSamples(under, posts, reporter);
    await part('forward.json', () => checkForward(under, posts, reporter));
    // Only families with caps have such a file.
    if (existsSync(under.path('forward_caps.json'))) await part('forward_caps.json', () => checkForwardCaps(under, posts, reporter));
    await part('lora', () => checkAdapters(under, posts, reporter));
    await part('nf4', () => checkNf4(under, posts, reporter));
    await part('train.json', () => checkTraining(under, posts, reporter));
    await part('generate.json', () => checkGeneration(under, posts, reporter));
    await part('label_scores.json', () => checkLabelScores(under, posts, reporter));
  });
  under.weights.release();
}

/** Sub-folders with a model, limited to a family, a `model_type` or a sub-folder's name. */
async function findModels(folder: string, wanted: string | undefined): Promise<{ name: string; modelType: string }[]> {
  if (!existsSync(join(folder, 'images', 'decoded.safetensors'))) {
    throw new UsageError(`${folder} is no folder with reference data: it has no images/decoded.safetensors`);
  }
  const models: { name: string; modelType: string }[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const config = join(folder, name, 'model', 'config.json');
    if (existsSync(config)) models.push({ name, modelType: (await readJson(config, modelConfigSchema)).model_type });
  }
  if (wanted === undefined) return models;
  // "smolvlm" is a sub-folder and also the model_type of another one: the sub-folder is meant.
  const named = models.filter(({ name }) => name === wanted);
  const matching = named.length > 0
    ? named
    : models.filter(({ modelType }) => [modelType, findFamily(modelType)?.name].includes(wanted));
  if (matching.length > 0) return matching;
  const names = [...models.map(({ name }) => name), ...families.map(({ name }) => name)];
  throw new UsageError(`--family ${wanted}: the folder has no such model; it has ${names.join(', ')}`);
}
