import type { LabelSet } from '@mmhs/core';
import type { MetricsRow } from '@mmhs/trainer';
import type { PairedSplit } from '../comparison.ts';
import type { EvaluatedPost, SplitName } from '../evaluated-post.ts';
import { html, trusted, type Html } from './html.ts';
import type { Mistakes } from './mistakes.ts';
import { calibrationSection } from './sections/calibration-section.ts';
import { comparisonSection } from './sections/comparison-section.ts';
import { confusionSection } from './sections/confusion-section.ts';
import { curvesSection } from './sections/curves-section.ts';
import { labelsSection } from './sections/labels-section.ts';
import { metricsSection } from './sections/metrics-section.ts';
import { mistakesSection, type Thumbnails } from './sections/mistakes-section.ts';
import { thresholdsSection } from './sections/thresholds-section.ts';
import { trainingSection } from './sections/training-section.ts';
import { viewSplit } from './split-view.ts';

/** Everything a report shows. */
export interface ReportInput {
  readonly title: string;
  /** Facts about the evaluation by name. */
  readonly facts: Readonly<Record<string, string>>;
  readonly labelSet: LabelSet;
  readonly thresholds: readonly number[];
  readonly calibrated: boolean;
  readonly zeroDivision: 0 | 1;
  readonly resamples: number;
  readonly splits: readonly { readonly name: SplitName; readonly posts: readonly EvaluatedPost[]; readonly mistakes: Mistakes }[];
  readonly thumbnails: Thumbnails;
  /** The run's history; empty where none is known. */
  readonly history: readonly MetricsRow[];
  readonly comparison?: { readonly other: string; readonly splits: readonly PairedSplit[] } | undefined;
  /** The page's style sheet. */
  readonly style: string;
}

const splitTitles: Readonly<Record<SplitName, string>> = { val: 'Validation posts', test: 'Test posts' };

/** Writes the report as one page that needs nothing else: no script, no file, no network. */
export function renderReport(input: ReportInput): string {
  const { title, facts, splits, history, comparison, style } = input;
  const sections = [
    ...splits.map(({ name }) => ({ id: name as string, name: splitTitles[name] })),
    ...(comparison === undefined ? [] : [{ id: 'comparison', name: 'Comparison' }]),
    ...(history.length === 0 ? [] : [{ id: 'training', name: 'Training' }]),
  ];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
${trusted(style)}</style>
</head>
<body>
<header><h1>${title}</h1>
<dl class="facts">${Object.entries(facts).map(([name, fact]) => html`<dt>${name}</dt><dd>${fact}</dd>`)}</dl>
<nav aria-label="Sections">${sections.map(({ id, name }) => html`<a href="#${id}">${name}</a> `)}</nav></header>
<main>
${splits.map((split) => splitSection(split, input))}
${comparison && comparisonSection({ ...input, ...comparison })}
${trainingSection(history)}
</main>
</body>
</html>
`.markup;
}

function splitSection({ name, posts, mistakes }: ReportInput['splits'][number], input: ReportInput): Html {
  const view = viewSplit({ ...input, name, posts });
  return html`<section id="${name}"><h2>${splitTitles[name]} (${posts.length})</h2>
${metricsSection({ ...input, view })}
${labelsSection({ ...input, view })}
${view.scores === undefined && html`<p>Curves, thresholds and calibration need the probability of each label, and these posts have none.</p>`}
${curvesSection(view)}
${thresholdsSection(view)}
${calibrationSection({ ...input, view })}
${confusionSection(view)}
${mistakesSection({ ...input, mistakes })}
</section>`;
}
