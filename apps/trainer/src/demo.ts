import { join } from 'node:path';

const configs = 'apps/trainer/configs';

/** The job that runs without training data, and those of models that are named. Paths start from the repository. */
export const demo = {
  path: `${configs}/demo.yaml`,
  paths: { qwen: `${configs}/demo-qwen.yaml`, paligemma: `${configs}/demo-paligemma.yaml` },
  folder: join(import.meta.dirname, '../../..'),
} as const;
