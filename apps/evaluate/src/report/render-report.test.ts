import {
  averagePrecision, bootstrapInterval, bootstrapIntervals, f1Score, holmCorrection, labelConfusion, multilabelReport, pairedBootstrap, pairedBootstraps,
  type MultilabelCounts,
} from '@mmhs/metrics';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { fixedPosts, labelSet, renderFixed } from '../testing/fixed-posts.ts';
import { formatInterval, formatNumber, formatPValue, formatRange } from './format.ts';

const gold = fixedPosts.map((post) => post.gold);
const predicted = fixedPosts.map((post) => post.labels);
const page = renderFixed();
const { document } = parseHTML(page);

/** Texts of a table's row by its heading, below the section's heading. */
function rowOf(root: { querySelectorAll(selector: string): Iterable<{ textContent: string | null }> }, name: string): string[] {
  const rows = [...root.querySelectorAll('tbody tr')] as unknown as { querySelectorAll(selector: string): Iterable<{ textContent: string | null }> }[];
  const texts = rows.map((row) => [...row.querySelectorAll('th, td')].map(({ textContent }) => textContent ?? ''));
  return texts.find(([first]) => first === name) ?? [];
}

describe('the report', () => {
  it('has a section for each thing it promises', () => {
    const headings = [...document.querySelectorAll('h2, h3')].map(({ textContent }) => textContent);
    expect(headings).toEqual([
      'Test posts (8)', 'Metrics', 'Labels', 'Precision and recall', 'Thresholds', 'Calibration', 'Confusion and co-occurrence',
      'Worst false positives', 'Worst false negatives', 'Training',
    ]);
    const titles = [...document.querySelectorAll('svg')].map((svg) => svg.getAttribute('aria-label'));
    // Two labels occur: each has a curve and thresholds; all three have a reliability diagram and a confusion matrix.
    expect(titles).toHaveLength(2 + 2 + 2 + 3 + 3 + 3 + 2);
    expect(titles).toContain('Precision and recall of <b>&"bold"</b>');
  });

  it('shows the numbers of @mmhs/metrics', () => {
    const report = multilabelReport({ gold, predicted, labels: labelSet });
    const interval = bootstrapInterval({
      gold, predicted, labels: labelSet, resamples: 50, metric: (counts) => f1Score({ ...counts, average: 'macro', zeroDivision: 0 }),
    });
    expect(rowOf(document, 'F1 macro')).toEqual(['F1 macro', formatNumber(report.f1Macro), formatRange(interval)]);
    expect(interval.low).toBeLessThan(interval.high);
    const scores = fixedPosts.map((post) => labelSet.map((label) => post.scores?.[label] as number));
    const { area, plain } = bootstrapIntervals({
      gold, predicted, scores, labels: labelSet, resamples: 50,
      metrics: {
        // The label that is never true is left out.
        area: (rows) => averagePrecision({ ...rows, average: 'macro', skipUndefined: true }),
        plain: (rows) => averagePrecision({ ...rows, average: 'none', skipUndefined: true })[0] as number,
      },
    });
    expect(rowOf(document, 'Average precision macro')).toEqual(['Average precision macro', formatNumber(area.value), formatRange(area)]);
    expect(rowOf(document, 'plain')[8]).toBe(formatInterval(plain));
    expect(rowOf(document, 'never').slice(8)).toEqual(['–', '–', '–']);
    const [[, falsePositives], [falseNegatives, truePositives]] = labelConfusion({ gold, predicted, labels: labelSet })[1] ?? [[0, 0], [0, 0]];
    expect(rowOf(document, '<b>&"bold"</b>').slice(1, 5)).toEqual(['3', ...[truePositives, falsePositives, falseNegatives].map(String)]);
    expect(rowOf(document, 'Malformed answers')[1]).toBe('0.125');
  });

  it('tells the values of dots to those who point at them', () => {
    const titles = [...document.querySelectorAll('svg title')].map(({ textContent }) => textContent);
    const subset = rowOf(document, 'Subset accuracy');
    expect(titles).toContain(`Subset accuracy: ${subset[1]} (${subset[2]})`);
    expect(titles.some((title) => title?.startsWith('<b>&"bold"</b>: '))).toBe(true);
    for (const form of [/^as given: precision \d\.\d{3}, recall \d\.\d{3}$/u, /^\d+ posts: said \d\.\d{3}, true \d\.\d{3}$/u, / at step \d+: \d\.\d{4}$/u]) {
      expect(titles.some((title) => form.test(title ?? '')), String(form)).toBe(true);
    }
  });

  it('escapes titles, labels, texts and answers, and lets nothing run or load', () => {
    expect(document.querySelectorAll('script, iframe, object, embed, link, b')).toHaveLength(0);
    expect(document.querySelector('title')?.textContent).toBe('Evaluation of </title><script>');
    const texts = [...document.querySelectorAll('.text')].map(({ textContent }) => textContent);
    expect(texts).toContain('<script>alert("x")</script> & \ufffd </style>');
    expect(page).not.toMatch(/\son\w+=|javascript:/iu);
    // The only addresses are inside the page, in its own data, and names of SVG's vocabulary.
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"|url\(([^)]*)\)/gu)].map(([, attribute, style]) => attribute ?? style);
    expect(addresses.filter((address) => !/^(?:#|data:image\/png;base64,)/u.test(address ?? ''))).toEqual([]);
    expect(document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content')).toContain("default-src 'none'");
  });

  it('puts the surest mistakes first, and their pictures behind a blur', () => {
    const cards = [...document.querySelectorAll('.card')].map((card) => card.querySelector('.mistake')?.textContent?.trim());
    expect(cards).toEqual(['plain p = 0.800', '<b>&"bold"</b> p = 0.600', 'plain p = 0.200', '<b>&"bold"</b> p = 0.400']);
    const pictures = [...document.querySelectorAll('.picture')];
    expect(pictures.map((picture) => picture.querySelector('img')?.getAttribute('src'))).toEqual(['data:image/png;base64,AAAA']);
    expect(pictures[0]?.querySelector('input[type="checkbox"]')?.hasAttribute('checked')).toBe(false);
  });

  it('goes without curves where there are no scores, and says so', () => {
    const bare = renderFixed({
      splits: [{
        name: 'val', mistakes: { falsePositives: [], falseNegatives: [] },
        posts: fixedPosts.map((post) => ({ ...post, scores: undefined })),
      }],
      history: [],
    });
    expect(bare).toContain('these posts have none');
    expect(bare).not.toMatch(/<h3>(?:Precision and recall|Thresholds|Calibration)|<h2>Training/u);
  });

  it('tests two runs on the same posts', () => {
    const theirs = predicted.map((labels, index) => (index === 4 ? [] : labels));
    const compared = parseHTML(renderFixed({ comparison: { other: 'other & run', splits: [{ name: 'test', gold, ours: predicted, theirs, scores: undefined, unanswered: 1 }] } })).document;
    const section = compared.querySelector('#comparison');
    const metric = (counts: Parameters<Parameters<typeof pairedBootstrap>[0]['metric']>[0]): number => f1Score({ ...counts, average: 'micro', zeroDivision: 0 });
    const test = pairedBootstrap({ gold, predicted: theirs, other: predicted, labels: labelSet, resamples: 50, metric });
    expect(test.value).toBeGreaterThan(0);
    expect(rowOf(section as unknown as typeof document, 'F1 micro').slice(3, 6)).toEqual([formatNumber(test.value), formatRange(test), formatPValue(test.pValue)]);
    expect(section?.textContent).toContain('both 3, only this run 1, only the other 0, neither 4');
    expect(section?.textContent).not.toContain('ROC AUC');
  });

  it("corrects the labels' p-values for the number of labels, and compares scores where both runs have them", () => {
    const theirs = predicted.map((labels, index) => (index % 4 === 0 ? [] : labels));
    const ours = fixedPosts.map((post) => labelSet.map((label) => post.scores?.[label] as number));
    const scores = { ours, theirs: ours.map((row) => row.map((score) => 1 - score)) };
    const { document: compared } = parseHTML(renderFixed({ comparison: { other: 'other', splits: [{ name: 'test', gold, ours: predicted, theirs, scores, unanswered: 0 }] } }));
    const section = compared.querySelector('#comparison') as unknown as typeof document;
    const f1 = (index: number) => (counts: MultilabelCounts) => f1Score({ ...counts, average: 'none', zeroDivision: 0 })[index] as number;
    const tests = pairedBootstraps({
      gold, predicted: theirs, other: predicted, scores: scores.theirs, otherScores: ours, labels: labelSet, resamples: 50,
      metrics: {
        plain: f1(0), bold: f1(1), never: f1(2),
        area: (rows) => averagePrecision({ ...rows, average: 'micro', skipUndefined: true }),
      },
    });
    const corrected = holmCorrection([tests.plain.pValue, tests.bold.pValue, tests.never.pValue]);
    expect(corrected[0]).toBeGreaterThan(tests.plain.pValue);
    expect(rowOf(section, 'plain').slice(5)).toEqual([tests.plain.pValue, corrected[0] as number].map(formatPValue));
    const { values, value } = tests.area;
    expect(rowOf(section, 'Average precision micro').slice(1, 5)).toEqual([values[1], values[0], value].map((each) => formatNumber(each)).concat(formatRange(tests.area)));
  });
});
