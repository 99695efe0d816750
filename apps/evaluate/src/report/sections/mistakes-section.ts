import { formatLabels, formatNumber } from '../format.ts';
import { html, trusted, type Html } from '../html.ts';
import type { Mistake, Mistakes } from '../mistakes.ts';

/** Thumbnails by the path of their picture, as `data:` addresses; undefined for one that cannot be shown. */
export type Thumbnails = ReadonlyMap<string, string | undefined>;

/** Pictures and texts of the worst mistakes. */
export function mistakesSection({ mistakes, thumbnails }: { readonly mistakes: Mistakes; readonly thumbnails: Thumbnails }): Html {
  const { falsePositives, falseNegatives } = mistakes;
  return html`<h3>Worst false positives</h3>
${cards(falsePositives, thumbnails, 'No label was given that is not true.')}
<h3>Worst false negatives</h3>
${cards(falseNegatives, thumbnails, 'No true label was left out.')}`;
}

function cards(mistakes: readonly Mistake[], thumbnails: Thumbnails, without: string): Html {
  if (mistakes.length === 0) return html`<p>${without}</p>`;
  return html`<div class="cards">${mistakes.map((mistake) => card(mistake, thumbnails))}</div>`;
}

function card({ post, sample, label, score }: Mistake, thumbnails: Thumbnails): Html {
  return html`<article class="card">
${picture(sample.imagePath, thumbnails)}
<p class="mistake"><strong>${label}</strong> ${score !== undefined && html`<span>p = ${formatNumber(score)}</span>`}</p>
<p class="text" dir="auto">${sample.text === '' ? html`<em>no text</em>` : sample.text}</p>
<dl><dt>gold</dt><dd>${formatLabels(post.gold)}</dd><dt>given</dt><dd>${formatLabels(post.labels)}</dd>${
    !post.valid && html`<dt>answer</dt><dd><code>${post.rawText}</code></dd>`}<dt>post</dt><dd>${post.id}</dd></dl>
</article>`;
}

/** Blurred until its box is ticked, by click or space key; no script is needed. */
function picture(path: string | undefined, thumbnails: Thumbnails): Html {
  if (path === undefined) return html`<p class="missing">no picture</p>`;
  const data = thumbnails.get(path);
  if (data === undefined) return html`<p class="missing">the picture cannot be shown</p>`;
  return html`<label class="picture"><input type="checkbox" aria-label="Show the picture"><img src="${trusted(data)}" alt="Picture of the post"><span class="hint">click to show</span></label>`;
}
