/**
 * Prints what trivial predictors, and the tiny checkpoints before LoRA, reach on the demo's test split, as a Markdown table. What is frequent is counted on the training
 * split. The last two rows are upper bounds: the best that can be read off the text alone or the picture alone.
 *
 *   npx tsx --conditions=@mmhs/source scripts/demo/baselines.ts
 */
import { join } from 'node:path';
import { loadSplit, readClassNames } from '@mmhs/data';
import { multilabelReport } from '@mmhs/metrics';
import { bestMicroF1, pictureFeature, textFeature } from './best-micro-f1.ts';
import { demoSeed } from './make-demo-data.ts';
import { demoModels } from './models/index.ts';
import { createDemoPosts } from './posts.ts';
import { untrainedAnswers } from './untrained-answers.ts';

const folder = join(import.meta.dirname, '../../data/demo');
const labelSet = await readClassNames(join(folder, 'class_names.txt'));
const readLabels = async (split: string): Promise<(readonly string[])[]> => {
  const { samples } = await loadSplit({ path: join(folder, `${split}.csv`), labelSet });
  return samples.map(({ labels }) => labels);
};
const train = await readLabels('train');
const gold = await readLabels('test');

const constantAnswers: [string, readonly string[]][] = [
  ['always `[]`', []],
  ['always the most frequent label', [mostFrequent(train.flat())]],
  ['always all labels', labelSet],
];

const report = (predicted: readonly (readonly string[])[]): string => {
  const { f1Micro, f1Macro, subsetAccuracy } = multilabelReport({ labels: labelSet, gold, predicted });
  return [f1Micro, f1Macro, subsetAccuracy].map((value) => value.toFixed(3)).join(' | ');
};
const lines = ['| predictor | micro-F1 | macro-F1 | subset accuracy |', '|---|---|---|---|'];
for (const [name, answer] of constantAnswers) {
  lines.push(`| ${name}${answer.length === 0 ? '' : ` (${answer.join(', ')})`} | ${report(gold.map(() => answer))} |`);
}
for (const demo of demoModels) {
  const answers = await untrainedAnswers({ folder, demo, labelSet });
  lines.push(`| the tiny checkpoint before LoRA (${demo.family.name}) | ${report(answers)} |`);
}
const posts = createDemoPosts(demoSeed).test;
lines.push(`| best from the text alone | ${bestMicroF1(posts, textFeature).toFixed(3)} | | |`);
lines.push(`| best from the picture alone | ${bestMicroF1(posts, pictureFeature).toFixed(3)} | | |`);
process.stdout.write(`${lines.join('\n')}\n`);

function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  return ranked[0]?.[0] ?? '';
}
