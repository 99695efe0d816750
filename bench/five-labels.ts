import type { AnswerLanguage } from '@mmhs/runtime';

/** Arrays of five labels with as many tokens as SmolVLM's: ` ["` two, a label one, `", "` two, `"]` one, ` []` one, the end. */
export function fiveLabels(end: number): AnswerLanguage {
  const labelSet = ['a', 'b', 'c', 'd', 'e'];
  return {
    labelSet,
    encode: (labels) => labels.length === 0
      ? [900, end]
      : [901, 902, ...labels.flatMap((label, index) => [...(index === 0 ? [] : [903, 904]), 910 + labelSet.indexOf(label)]), 905, end],
  };
}
