import { existsSync } from 'node:fs';
import { createDecoder, createLabelTrie, decodeLabels, labelProbabilities, scoreLabels, type AnswerLanguage } from '@mmhs/runtime';
import { createAnswerLanguage } from '@mmhs/trainer';
import type { z } from 'zod';

import { adaptModel } from '../adapted-model.ts';
import { largestDifference, tensorError } from '../compare.ts';
import { readJson } from '../json-file.ts';
import type { ModelUnderTest } from '../model-under-test.ts';
import { pickPosts, type GoldenPost } from '../posts.ts';
import type { Reporter } from '../reporter.ts';
import { labelScoresSchema } from '../schemas.ts';
import { loadPeftAdapter } from './adapters.ts';

/** Of marginals, absolute; of log-probabilities, sums of float32 numbers, relative to the largest as of all tensors. */
const tolerance = 1e-4;

/** Scores all canonical arrays of some posts, exactly and by search, and decodes them under the constraint. */
export async function checkLabelScores(under: ModelUnderTest, posts: readonly GoldenPost[], reporter: Reporter): Promise<void> {
  const file = await readJson(under.path('label_scores.json'), labelScoresSchema);
  const language = createAnswerLanguage({
    processor: under.processor(), model: under.model, prompt: { system: '', labelSet: file.labels },
  });
  const targets = file.target_ids.map((_, bits) => language.encode(file.labels.filter((_, label) => (bits >> label) % 2 === 1)));
  reporter.exact(`${under.name} label scores: tokens of all arrays`, targets, file.target_ids);
  for (const [name, samples] of Object.entries(file.samples)) {
    const line = `${under.name} label scores ${name}`;
    await reporter.group(line, () => checkAdapter({ under, posts, reporter, language, name, samples, line }));
  }
}

async function checkAdapter(options: {
  readonly under: ModelUnderTest;
  readonly posts: readonly GoldenPost[];
  readonly reporter: Reporter;
  readonly language: AnswerLanguage;
  readonly name: string;
  readonly samples: z.infer<typeof labelScoresSchema>['samples'][string];
  readonly line: string;
}): Promise<void> {
  const { under, posts, reporter, language, name, samples, line } = options;
  const folder = under.path(`lora/${name}/adapter`);
  const adapter = existsSync(folder) ? await loadPeftAdapter(under, folder) : undefined;
  const adapted = await adaptModel({ under, adapter });
  const { trainable, weights, parameters } = adapted;
  const decoder = createDecoder({ runtime: under.runtime, model: under.model, trainable, weights, parameters });
  const trie = createLabelTrie(language);
  const labelCount = language.labelSet.length;
  const asked = pickPosts(posts, samples.map(({ sample }) => sample));
  const imageFeatures = await adapted.imageFeatures(asked.map(({ image }) => image));
  const batch = { decoder, trie, labelCount, posts: asked.map(({ encoded }) => encoded), imageFeatures };
  const exact = await scoreLabels(batch);
  const searched = await scoreLabels({ ...batch, exactUpTo: 0, beamLimit: 1000 });
  const { answers } = await decodeLabels(batch);
  samples.forEach((expected, index) => {
    const title = `${line}, sample ${expected.sample}`;
    for (const [kind, scored] of [['exact', exact[index]], ['search', searched[index]]] as const) {
      if (scored === undefined) throw new Error(`no scores for sample ${index}`);
      const { marginals, best } = labelProbabilities(scored, labelCount);
      reporter.measure(`${title}, ${kind}: marginals`, { error: largestDifference(marginals, expected.marginal), tolerance });
      reporter.exact(`${title}, ${kind}: best array`, best.map((label) => language.labelSet[label]), expected.best);
      if (kind === 'search') continue;
      const bits = scored.answers.map(({ labels }) => labels.reduce((mask, label) => mask + 2 ** label, 0));
      const wanted = bits.map((mask) => expected.log_probability[mask] ?? NaN);
      reporter.exact(`${title}: arrays scored`, bits.toSorted((a, b) => a - b), [...expected.log_probability.keys()]);
      reporter.measure(`${title}: log-probabilities`, { error: tensorError(scored.logProbabilities, wanted), tolerance });
    }
    // Where one array has more than half of all probability, every token of it is the likeliest.
    if (Math.max(...expected.log_probability) > Math.log(0.5)) {
      const greedy = answers[index]?.labels.map((label) => language.labelSet[label]);
      reporter.exact(`${title}: greedy decoding among arrays`, greedy, expected.best);
    }
  });
  await decoder.release();
  adapted.release();
}
