import type { AdapterFacts, Answer } from './labelling/post.ts';

/** The labels as a JSON array and, where there are scores, a line for each label there is, and how far off they may be. */
export function describeAnswer({ labels, scores, missing }: Answer, facts: Pick<AdapterFacts, 'labels' | 'thresholds'>): string {
  const width = Math.max(...facts.labels.map((label) => label.length));
  const lines = facts.labels.map((label) => {
    const threshold = facts.thresholds?.[label];
    const compared = threshold === undefined ? '' : `  threshold ${threshold?.toFixed(3) ?? 'never'}`;
    return `${labels.includes(label) ? '*' : ' '} ${label.padEnd(width)}  ${(scores?.[label] ?? NaN).toFixed(3)}${compared}\n`;
  });
  const estimated = missing === undefined ? '' : `  Estimates, off by at most ${(Math.ceil(missing * 1000) / 1000).toFixed(3)}: not all label arrays were looked at (--exact_up_to).\n`;
  return `${JSON.stringify(labels)}\n${scores === null ? '' : lines.join('')}${estimated}`;
}
