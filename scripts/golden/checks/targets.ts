import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementCount, type VlmModel } from '@mmhs/core';
import { defineLoraConfig, initialiseAdapters, parameterShapes, resolveAdapters, saveAdapter, type LoraConfigInput } from '@mmhs/lora';
import { z } from 'zod';

import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import type { Reporter } from '../reporter.ts';
import { targetsSchema } from '../schemas.ts';

/** Resolves target specifications: the modules, their parameters, and how PEFT writes the specification down. */
export async function checkTargets(under: ModelUnderTest, reporter: Reporter): Promise<void> {
  const { model } = under;
  const { linears, tensors } = model;
  const { r, cases } = await readJson(under.path('targets.json'), targetsSchema);
  for (const expected of cases) {
    const line = `${under.name} targets "${expected.case}"`;
    // The settings are checked by defineLoraConfig, whatever the file says.
    const resolve = () => {
      const config = defineLoraConfig({ r, ...expected.config } as LoraConfigInput);
      return { config, trainable: resolveAdapters({ linears, tensors, config }) };
    };
    if (expected.error !== undefined) {
      await reporter.refused(line, resolve, 'MMHS_LORA_NO_MATCH');
      continue;
    }
    await reporter.group(line, async () => {
      const { config, trainable } = resolve();
      const modules = expected.modules?.map((path) => model.canonicalName?.(path) ?? path);
      reporter.exact(`${line}: modules`, [...trainable.adapters.keys()].sort(), modules?.sort());
      const shapes = parameterShapes({ trainable, linears, tensors });
      const count = shapes.reduce((sum, { shape }) => sum + elementCount(shape), 0);
      reporter.exact(`${line}: parameters`, count, expected.trainable_parameters);
      const parameters = initialiseAdapters({ trainable, linears, seed: 0 });
      const written = await writtenTargets((folder) => saveAdapter({ folder, config, parameters, linears, tensors }));
      reporter.exact(`${line}: on disk`, written, canonicalTargets(expected.target_modules_on_disk, model));
    });
  }
}

/** Whole paths, which PEFT writes of few modules, under the model's own names; endings and expressions as they are. */
function canonicalTargets(targets: string | readonly string[] | undefined, { canonicalName, linears }: VlmModel): unknown {
  if (typeof targets !== 'object' || canonicalName === undefined) return targets;
  const paths = new Set(linears.map(({ path }) => path));
  const canonical = targets.map((target) => canonicalName(target));
  return canonical.every((path) => paths.has(path)) ? canonical.toSorted() : targets;
}

async function writtenTargets(save: (folder: string) => Promise<void>): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'mmhs-golden-'));
  try {
    await save(folder);
    const schema = z.object({ target_modules: z.unknown() });
    return (await readJson(join(folder, 'adapter_config.json'), schema)).target_modules;
  } finally {
    await rm(folder, { recursive: true });
  }
}
