import { MmhsError } from '@mmhs/core';

import type { DemoModel } from './demo-model.ts';
import { paligemmaDemo } from './paligemma.ts';
import { qwenDemo } from './qwen.ts';
import { smolDemo } from './smol.ts';

/** The demo's models, the usual one first. */
export const demoModels: readonly DemoModel[] = [smolDemo, qwenDemo, paligemmaDemo];

/** The demo's model of a family. Throws MmhsError `MMHS_DEMO_MODEL` naming the families that have one. */
export function findDemoModel(name: string): DemoModel {
  const found = demoModels.find(({ family }) => family.name === name);
  if (found !== undefined) return found;
  throw new MmhsError('MMHS_DEMO_MODEL', 'The demo has no such model', {
    where: '--model', got: name, expected: demoModels.map(({ family }) => family.name).join(', '),
  });
}
