import { createDecoder, generate } from '@mmhs/runtime';
import { promptOf } from '@mmhs/trainer';

import { adaptModel, type AdaptedModel } from '../adapted-model.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import type { GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { generateSchema } from '../schemas.ts';
import { loadPeftAdapter } from './adapters.ts';

/** Generates greedily, each prompt alone and all in one batch; the ids must be the reference's. */
export async function checkGeneration(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  const file = await readJson(under.path('generate.json'), generateSchema);
  reporter.exact(`${under.name} generate: end tokens`, under.model.endTokenIds.toSorted(), file.eos_ids.toSorted());
  const untilEnd = (ids: readonly number[]): number[] => {
    const end = ids.findIndex((id) => file.eos_ids.includes(id));
    return end === -1 ? [...ids] : ids.slice(0, end);
  };
  for (const [name, run] of Object.entries(file.runs)) {
    const line = `${under.name} generate ${name}`;
    await reporter.group(line, async () => {
      const adapter = run.adapter === null ? undefined : await loadPeftAdapter(under, under.path(run.adapter));
      const adapted = await adaptModel({ under, adapter });
      const answer = openGenerator(under, adapted, file.max_new_tokens);
      // A file may cover the first samples only.
      const asked = posts.slice(0, run.new_ids.length);
      for (const [index, post] of asked.entries()) {
        const [ids = []] = await answer([post]);
        reporter.exact(`${line}, sample ${index} alone`, untilEnd(ids), untilEnd(run.new_ids[index] ?? []));
        reporter.exact(`${line}, sample ${index} text`, under.checkpoint.tokenizer.decode(untilEnd(ids)), run.text[index]);
      }
      const batch = await answer(posts.slice(0, run.batch_left_padded_new_ids.length));
      reporter.exact(`${line}, batch`, batch.map(untilEnd), run.batch_left_padded_new_ids.map(untilEnd));
      adapted.release();
    });
  }
}

type Generator = (posts: readonly GoldenPost[]) => Promise<(readonly number[])[]>;

function openGenerator(under: ModelUnderTest, adapted: AdaptedModel, maxNewTokens: number): Generator {
  const { runtime, model } = under;
  const { trainable, weights, parameters } = adapted;
  const decoder = createDecoder({ runtime, model, trainable, weights, parameters });
  return async (posts) => {
    const imageFeatures = await adapted.imageFeatures(posts.map(({ image }) => image));
    const answers = await generate({ decoder, posts: posts.map(({ encoded }) => promptOf(encoded)), imageFeatures, maxNewTokens });
    return answers.map(({ ids }) => ids);
  };
}
