import type { Prediction, Tokenizer } from '@mmhs/core';
import { parseLabels } from '@mmhs/parse';
import type { AnswerLanguage, Generation } from '@mmhs/runtime';

/**
 * Reads a freely generated answer. It is valid when it ended and is a JSON array of known labels and nothing else, or when its tokens
 * are those of the canonical answer: a tokenizer that normalises Unicode cannot write every label as the label set spells it.
 */
export function readAnswer(options: {
  readonly answer: Pick<Generation, 'ids' | 'ended'>;
  readonly tokenizer: Tokenizer;
  readonly language: AnswerLanguage;
}): Omit<Prediction, 'id'> {
  const { answer: { ids, ended }, tokenizer, language } = options;
  const rawText = tokenizer.decode(ids);
  const parsed = parseLabels(rawText, language.labelSet);
  const labels = parsed.ok ? parsed.labels : [];
  const isClean = parsed.ok && parsed.repairs.length === 0 && parsed.unknown.length === 0;
  return { labels, rawText, valid: ended && (isClean || (parsed.ok && ids.join() === language.encode(labels).join())) };
}
