/**
 * How labels follow from what the model says about a post:
 *
 * - `generate`: it writes freely, token by token the likeliest, and the text is parsed; the answer can be malformed;
 * - `constrained`: the same, but only tokens that lead to a JSON array of known labels compete;
 * - `array`: the likeliest of all label arrays;
 * - `marginals`: every label whose probability is 0.5 or more;
 * - `thresholds`: every label whose probability reaches the label's own threshold.
 */
export type DecisionRule = 'generate' | 'constrained' | 'array' | 'marginals' | 'thresholds';

/** All decision rules, for settings and messages. */
export const decisionRules: readonly DecisionRule[] = ['generate', 'constrained', 'array', 'marginals', 'thresholds'];
