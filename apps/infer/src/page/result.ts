import type { Adapter, Answer, Prompt } from './api.ts';
import { find, make } from './elements.ts';

/** Shows labels, and their probabilities against their thresholds where there are any. */
export function showAnswer(answer: Answer, adapter: Adapter, seconds: number): void {
  const result = find('result', HTMLElement);
  result.classList.toggle('without-scores', answer.scores === null);
  find('scores', HTMLElement).replaceChildren(...adapter.labels.map((label) => labelRow(label, answer, adapter)));
  for (const heading of result.querySelectorAll('thead th:nth-child(n + 3)')) heading.classList.add('score');
  showFacts({
    Answer: answer.valid ? answer.raw_generation : `${answer.raw_generation} (not well-formed)`,
    Adapter: `${adapter.name}, version ${adapter.version}`,
    'Decided by': adapter.rule,
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
    make('td', 'score', score === undefined ? '' : measure(score, threshold)),
    make('td', 'score number', describeThreshold(threshold)));
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

/** A picture is hundreds of equal tokens in a row: they are counted, not shown. */
function shortenRuns(prompt: string): string {
  return prompt.replace(/(<[^<>]+>)\1{4,}/gu, (run, token: string) => `${token}[${run.length / token.length} times]`);
}

/** Shows what the model was asked. */
export function showPrompt({ text, tokens, sharedTokens, imageTokens, truncatedTextTokens }: Prompt): void {
  const cut = truncatedTextTokens === 0 ? '' : `; ${truncatedTextTokens} tokens were cut from the middle of the text`;
  find('prompt-facts', HTMLElement).textContent =
    `${tokens} tokens, ${imageTokens} of them for the picture, ${sharedTokens} the same for every post${cut}.`;
  const pre = find('prompt-text', HTMLElement);
  pre.textContent = shortenRuns(text);
  pre.hidden = false;
}
