import { html, type Html, type HtmlValue } from '../html.ts';

/** A chart with its heading, and a line below it. */
export function figure(options: { readonly heading: string; readonly chart: Html; readonly note?: HtmlValue }): Html {
  const { heading, chart, note } = options;
  return html`<figure><h4>${heading}</h4><div class="chart">${chart}</div>${note !== undefined && html`<figcaption>${note}</figcaption>`}</figure>`;
}

/** Figures beside one another. */
export function figures(list: readonly Html[]): Html {
  return html`<div class="figures">${list}</div>`;
}

/** A table; cells after the first of a row are numbers. */
export function table(options: { readonly head: readonly string[]; readonly rows: readonly (readonly HtmlValue[])[] }): Html {
  const { head, rows } = options;
  return html`<div class="scroll"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...others]) => html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td>${cell}</td>`)}</tr>
`)}</tbody></table></div>`;
}

/** Which line is which. */
export function legend(names: readonly string[]): Html {
  return html`<p class="legend">${names.map((name, index) => html`<span class="key key-${index + 1}">${name}</span> `)}</p>`;
}
