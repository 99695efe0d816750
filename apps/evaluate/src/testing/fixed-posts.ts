import type { LabelSet, Sample } from '@mmhs/core';
import type { EvaluatedPost } from '../evaluated-post.ts';
import { findMistakes } from '../report/mistakes.ts';
import { renderReport, type ReportInput } from '../report/render-report.ts';

/** Labels of the fixed posts; one of them is written to break pages. */
export const labelSet: LabelSet = ['plain', '<b>&"bold"</b>', 'never'];

const [plain, bold] = labelSet as [string, string, string];

/** Gold labels, given labels and scores of eight posts. */
const rows: readonly (readonly [gold: string[], given: string[], scores: readonly [number, number, number]])[] = [
  [[plain], [plain], [0.9, 0.1, 0.01]],
  [[plain], [], [0.2, 0.3, 0.02]],
  [[], [plain], [0.8, 0.2, 0.03]],
  [[plain, bold], [plain, bold], [0.95, 0.85, 0.01]],
  [[bold], [bold], [0.1, 0.7, 0.04]],
  [[bold], [], [0.05, 0.4, 0.01]],
  [[], [], [0.15, 0.25, 0.02]],
  [[], [bold], [0.3, 0.6, 0.01]],
];

/** Eight posts with answers. */
export const fixedPosts: readonly EvaluatedPost[] = rows.map(([gold, labels, scores], index) => ({
  id: `post-${index}`,
  gold,
  labels,
  scores: Object.fromEntries(labelSet.map((label, place) => [label, scores[place] as number])),
  probability: 0.5,
  rawText: ` ${JSON.stringify(labels)}`,
  valid: index !== 2,
}));

/** Their texts, one of which is written to break pages; every other one has a picture. */
export const fixedSamples: readonly Sample[] = fixedPosts.map(({ id, gold }, index) => ({
  id,
  text: index === 2 ? '<script>alert("x")</script> & \u0000 </style>' : `text ${index}`,
  imagePath: index % 2 === 0 ? `/pictures/${index}.png` : undefined,
  labels: gold,
  source: `posts.csv:${index + 2}`,
}));

/** What a report of the fixed posts is made from, and the page. */
export function renderFixed(changes: Partial<ReportInput> = {}): string {
  return renderReport({
    title: 'Evaluation of </title><script>',
    facts: { adapter: 'a & b' },
    labelSet,
    thresholds: [0.5, 0.5, Infinity],
    calibrated: false,
    zeroDivision: 0,
    resamples: 50,
    splits: [{
      name: 'test', posts: fixedPosts,
      mistakes: findMistakes({ samples: fixedSamples, posts: fixedPosts, labelSet, count: 5 }),
    }],
    thumbnails: new Map([['/pictures/2.png', 'data:image/png;base64,AAAA']]),
    history: [{ step: 1, loss: 2 }, { step: 2, loss: 1, eval_loss: 1.5, eval_f1_micro: 0.5 }],
    comparison: undefined,
    style: 'body { margin: 0; }',
    ...changes,
  });
}
