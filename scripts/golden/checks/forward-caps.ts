import { createPaligemmaFamily } from '@mmhs/models-paligemma';

import { adaptModel } from '../adapted-model.ts';
import { relativeError, tensorError, tolerances } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import { labelRowsOf, pickPosts, type GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { forwardCapsSchema, forwardSchema } from '../schemas.ts';
import { openTensorFile } from '../tensor-file.ts';
import { evaluate } from './forward.ts';

/** Runs the batch of forward.json with every combination of the caps on attention scores and final logits. */
export async function checkForwardCaps(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  const cases = await readJson(under.path('forward_caps.json'), forwardCapsSchema);
  const { batch } = await readJson(under.path('forward.json'), forwardSchema);
  const chosen = pickPosts(posts, batch?.samples ?? []);
  const tensors = await openTensorFile(under.path('forward_caps.safetensors'));
  const rows = (await tensors.int64('label_rows')).data;
  reporter.exact(`${under.name} forward_caps: label rows`, labelRowsOf(chosen).flat(), rows);
  for (const [name, { attention_cap: attention, final_cap: final, loss }] of Object.entries(cases)) {
    const line = `${under.name} forward_caps ${name}`;
    await reporter.group(line, async () => {
      const family = createPaligemmaFamily({ softCaps: { attention: attention !== null, final: final !== null } });
      const capped = { ...under, model: family.openModel(under.checkpoint.files) };
      const adapted = await adaptModel({ under: capped });
      const actual = await evaluate({ under: capped, adapted, posts: chosen, sharedPrefix: false });
      reporter.measure(`${line}: loss`, { error: relativeError(actual.loss, loss), tolerance: tolerances.loss });
      const expected = (await tensors.float32(`${name}.label_logits`)).data;
      reporter.measure(`${line}: logits`, { error: tensorError(actual.logits.data, expected), tolerance: tolerances.tensor });
    });
  }
}
