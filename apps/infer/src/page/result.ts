import type { Adapter, Answer, Prompt } from './api.ts';
import { find, make } from './elements.ts';

/** What decides, by the name of the rule. */
const rules: Readonly<Record<string, string>> = {
  thresholds: 'each label\u2019s probability and its threshold',
  marginals: 'each label\u2019s probability, from 0.5 on',
  array: 'the likeliest of all answers, whatever each label\u2019s probability',
  constrained: 'the answer the model writes when held to the labels',
  generate: 'the answer the model writes',
};

/** Shows labels, and their probabilities against their thresholds where there are any. */
export function showAnswer(answer: Answer, adapter: Adapter, seconds: number): void {
  const result = find('result', HTMLElement);
  result.classList.toggle('without-scores', answer.scores === null);
  result.classList.toggle('without-thresholds', adapter.thresholds === null);
  find('scores', HTMLElement).replaceChildren(...adapter.labels.map((label) => labelRow(label, answer, adapter)));
  showFacts({
    Answer: answer.valid ? answer.raw_generation : `${answer.raw_generation} (not well-formed)`,
    Adapter: `${adapter.name}, version ${adapter.version}`,
    'Decided by': rules[adapter.rule] ?? adapter.rule,
    ...(answer.missing === undefined ? {} : { Probabilities: `estimates, off by at most ${(Math.ceil(answer.missing * 1000) / 1000).toFixed(3)}` }),
    Time: `${seconds.toFixed(2)} s`,
  });
  result.hidden = false;
  find('status', HTMLElement).textContent = answer.labels.length === 0 ? 'No label applies.' : `Labels: ${answer.labels.join(', ')}.`;
}

function labelRow(label: string, { labels, scores }: Answer, { thresholds }: Adapter): HTMLElement {
  const given = labels.includes(label);
  const name = make('th', '', label);
  name.setAttribute('scope', 'row');
  const score = scores?.[label];
  const threshold = thresholds?.[label];
  return make('tr', given ? 'given' : '',
    name,
    make('td', 'mark', given ? 'yes' : 'no'),
    make('td', 'score', typeof score === 'number' ? measure(score, threshold) : 'unknown'),
    make('td', 'score limit number', describeThreshold(threshold)));
}

function describeThreshold(threshold: number | null | undefined): string {
  if (threshold === undefined) return 'none';
  return threshold === null ? 'never' : threshold.toFixed(3);
}

/** A bar for eyes, with the number beside it for everybody. */
function measure(score: number, threshold: number | null | undefined): HTMLElement {
  const fill = make('span', 'fill');
  fill.style.width = `${score * 100}%`;
  const bar = make('div', 'bar', fill);
  bar.setAttribute('aria-hidden', 'true');
  if (typeof threshold === 'number') {
    const line = make('span', 'threshold');
    line.style.left = `${threshold * 100}%`;
    bar.append(line);
  }
  return make('div', 'measure', bar, make('span', 'number', score.toFixed(3)));
}

function showFacts(facts: Readonly<Record<string, string>>): void {
  find('facts', HTMLElement).replaceChildren(
    ...Object.entries(facts).flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]),
  );
}

/** Shows what the model was asked about a post with this text, or why that is not known. */
export function showPrompt(prompt: Prompt | string, text: string): void {
  const pre = find('prompt-text', HTMLElement);
  pre.hidden = typeof prompt === 'string';
  find('prompt-facts', HTMLElement).textContent = typeof prompt === 'string' ? prompt : describePrompt(prompt);
  if (typeof prompt !== 'string') pre.replaceChildren(...shortenPicture(prompt.text, text));
}

function describePrompt({ tokens, sharedTokens, imageTokens, truncatedTextTokens }: Prompt): string {
  const cut = truncatedTextTokens === 0 ? '' : `; ${truncatedTextTokens} tokens were cut from the middle of the text`;
  return `${tokens} tokens, ${imageTokens} of them for the picture, ${sharedTokens} the same for every post${cut}.`;
}

/** The prompt, with the hundreds of equal tokens that stand for a picture counted; the post's own text stays as it is. */
function shortenPicture(prompt: string, text: string): (Node | string)[] {
  const start = prompt.lastIndexOf(text);
  const end = start + text.length;
  return start === -1 ? shortenRuns(prompt) : [...shortenRuns(prompt.slice(0, start)), prompt.slice(start, end), ...shortenRuns(prompt.slice(end))];
}

function shortenRuns(prompt: string): (Node | string)[] {
  // Split by a pattern with groups, every third part is a run's token and the one before it the run.
  return prompt.split(/((<[^<>]+>)\2{4,})/u).map((part, index, parts) => {
    if (index % 3 === 0) return part;
    const run = parts[index - 1] ?? '';
    return index % 3 === 1 ? '' : make('span', 'run', `${part}[${run.length / part.length} times]`);
  });
}
