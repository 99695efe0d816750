import { resolve } from 'node:path';
import { toRow } from './answer-row.ts';
import { describeAnswer } from './describe-answer.ts';
import { labellerSettings } from './labeller-settings.ts';
import { openPostLabeller } from './labelling/open-post-labeller.ts';
import type { AdapterFacts, Answer } from './labelling/post.ts';
import type { InferSettings } from './settings.ts';

/** Labels the post of the command line and returns what is printed. */
export async function labelPost(options: {
  readonly settings: InferSettings;
  readonly cwd: string;
  readonly signal: AbortSignal;
}): Promise<string> {
  const { settings, cwd, signal } = options;
  const { text, image } = settings;
  const labeller = await openPostLabeller({ ...labellerSettings(settings, cwd), signal });
  try {
    const [facts] = labeller.adapters as [AdapterFacts];
    const picture = image === null ? undefined : { path: resolve(cwd, image) };
    const [answer] = await labeller.label({ adapter: facts.name, posts: [{ text, image: picture, source: 'the command line' }], signal });
    return settings.json ? `${JSON.stringify(toRow(answer as Answer, facts))}\n` : describeAnswer(answer as Answer, facts);
  } finally {
    await labeller.close();
  }
}
