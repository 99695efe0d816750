import { existsSync } from 'node:fs';
import { quantizeNf4 } from '@mmhs/runtime';

import { adaptModel } from '../adapted-model.ts';
import { largestDifference, relativeError, tensorError, tolerances } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import { pickPosts, type GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { forwardSchema, nf4Schema } from '../schemas.ts';
import { openTensorFile, type TensorFile } from '../tensor-file.ts';
import { canonicalNameOf, checkGradients, loadPeftAdapter, selectRows } from './adapters.ts';
import { evaluate, prefixTitle, prefixVariants } from './forward.ts';

/** The decoder's layers in 4 bits: codes and scales exactly; loss, logits, and gradients of an adapter on top. */
export async function checkNf4(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  const line = `${under.name} nf4`;
  const expected = await readJson(under.path('nf4/nf4.json'), nf4Schema);
  await checkCodes(line, under, expected, reporter);
  const tensors = await openTensorFile(under.path('nf4/plain_expected.safetensors'));
  const { batch } = await readJson(under.path('forward.json'), forwardSchema);
  const chosen = pickPosts(posts, batch?.samples ?? []);
  const adapter = await loadPeftAdapter(under, under.path('lora/base/adapter'));
  const { loss, loss_with_lora_base: adaptedLoss } = expected.plain;
  for (const each of [{ title: line, loss, logits: 'label_logits' }, { title: `${line}, lora/base`, loss: adaptedLoss, logits: 'lora.label_logits', adapter }]) {
    const adapted = await adaptModel({ under, adapter: each.adapter, precision: 'weights-nf4' });
    for (const sharedPrefix of prefixVariants(each.title, chosen, reporter)) {
      const title = `${each.title}, ${prefixTitle(sharedPrefix)}`;
      const found = await evaluate({ under, adapted, posts: chosen, sharedPrefix });
      reporter.measure(`${title}: loss`, { error: relativeError(found.loss, each.loss), tolerance: tolerances.loss });
      const error = tensorError(await selectRows(found.logits, chosen, tensors), (await tensors.float32(each.logits)).data);
      reporter.measure(`${title}: logits`, { error, tolerance: tolerances.tensor });
      if (each.adapter === undefined) continue;
      await checkGradients({ line: each.title, under, reporter, adapted, posts: chosen, loss: each.loss }, sharedPrefix, tensors, undefined);
    }
    adapted.release();
  }
  if (existsSync(under.path('nf4/double.safetensors'))) reporter.skip(`${line}, scales quantised too`, 'double quantisation is not in the packages');
}

/** Which weights the training graph keeps in 4 bits, and what it makes of each. */
async function checkCodes(
  line: string, under: ModelUnderTest, { quantised }: { readonly quantised: readonly string[] }, reporter: Reporter,
): Promise<void> {
  const { model, checkpoint } = under;
  const graph = model.trainingGraph({
    trainable: { adapters: new Map(), full: new Set() }, sharedPrefix: false, imageFeatures: 'fed', gradients: false, precision: 'weights-nf4',
  });
  const names = new Map(quantised.map((name) => [canonicalNameOf(under, name), name]));
  reporter.exact(`${line}: weights in 4 bits`, (graph.quantizedWeights ?? []).map(({ source }) => source).sort(), [...names.keys()].sort());
  const file = await openTensorFile(under.path('nf4/plain.safetensors'));
  const differences = { codes: 0, scales: 0 };
  for (const [name, nameInFile] of names) {
    const made = quantizeNf4({ type: 'float32', data: (await checkpoint.readTensor(name)).data });
    const stored = await readStored(file, nameInFile);
    differences.codes = Math.max(differences.codes, largestDifference(made.values, stored.codes));
    differences.scales = Math.max(differences.scales, largestDifference(made.scales, stored.scales));
  }
  for (const [what, error] of Object.entries(differences)) reporter.measure(`${line}: ${what} of ${names.size} weights`, { error, tolerance: 0 });
}

async function readStored(file: TensorFile, name: string): Promise<{ readonly codes: Uint8Array; readonly scales: Float32Array }> {
  return { codes: (await file.uint8(`${name}.packed`)).data, scales: (await file.float32(`${name}.absmax`)).data };
}
