import type { LabelSet, Prediction } from '@mmhs/core';
import { multilabelReport } from '@mmhs/metrics';

import { invalidJsonRate } from './artifacts.ts';
import { decisionRules, reachedLabels, type Decision, type DecisionRule } from './decision.ts';
import type { Predictor } from './predict.ts';
import type { PreparedPost } from './prepare-posts.ts';

/** How well a rule's labels agree with the gold labels. */
export interface RuleMetrics {
  readonly f1_micro: number;
  readonly f1_macro: number;
  readonly subset_accuracy: number;
  readonly invalid_json_rate: number;
}

/** Measures every decision rule on the same posts: generated, decoded and scored once each. */
export async function compareRules(options: {
  readonly posts: readonly PreparedPost[];
  readonly predictor: Predictor;
  readonly labelSet: LabelSet;
  readonly decision: Decision;
  readonly zeroDivision: 0 | 1;
  /** Answers of the rule `generate` where they are known already. */
  readonly generated?: readonly Prediction[] | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<Record<DecisionRule, RuleMetrics>> {
  const { posts, predictor, labelSet, decision, zeroDivision, signal } = options;
  const ask = (rule: DecisionRule): Promise<Prediction[]> => predictor.predict({ posts, rule, decision, signal });
  const array = await ask('array');
  const above = (thresholds: readonly number[]): Pick<Prediction, 'labels' | 'valid'>[] => array.map(({ scores = [] }) =>
    ({ labels: reachedLabels(scores, thresholds).map((label) => labelSet[label] as string), valid: true }));
  const answers: Record<DecisionRule, readonly Pick<Prediction, 'labels' | 'valid'>[]> = {
    generate: options.generated ?? await ask('generate'),
    constrained: await ask('constrained'),
    array,
    marginals: above(labelSet.map(() => 0.5)),
    thresholds: above(decision.thresholds),
  };
  const gold = posts.map(({ sample }) => sample.labels);
  return Object.fromEntries(decisionRules.map((rule) => {
    const report = multilabelReport({ gold, predicted: answers[rule].map(({ labels }) => labels), labels: labelSet, zeroDivision });
    return [rule, {
      f1_micro: report.f1Micro, f1_macro: report.f1Macro, subset_accuracy: report.subsetAccuracy,
      invalid_json_rate: invalidJsonRate(answers[rule]),
    }];
  })) as Record<DecisionRule, RuleMetrics>;
}

/** Columns by their titles, those of the table of splits. */
const columns = {
  f1_micro: 'f1_micro', f1_macro: 'f1_macro', subset_accuracy: 'subset_accuracy', invalid_json: 'invalid_json_rate',
} as const satisfies Record<string, keyof RuleMetrics>;

const meanings: Readonly<Record<DecisionRule, string>> = {
  generate: 'written freely',
  constrained: 'written, arrays of labels only',
  array: 'the likeliest array',
  marginals: 'labels of probability 0.5 and more',
  thresholds: 'labels that reach their thresholds',
};

/** One line a rule, the columns aligned, and what the rule means. */
export function formatRules(rules: Readonly<Record<DecisionRule, RuleMetrics>>): string[] {
  const line = (name: string, cells: readonly string[]): string => `  ${name.padEnd(12)}${cells.map((cell) => cell.padStart(17)).join('')}`.trimEnd();
  return [
    line('rule', Object.keys(columns)),
    ...decisionRules.map((rule) => `${line(rule, Object.values(columns).map((name) => rules[rule][name].toFixed(4)))}  ${meanings[rule]}`),
  ];
}
