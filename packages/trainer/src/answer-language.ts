import type { PostProcessor, PromptContent, VlmModel } from '@mmhs/core';
import { writeLabels } from '@mmhs/prompts';
import type { AnswerLanguage } from '@mmhs/runtime';

/** The canonical answers of a prompt as tokens: a family's own targets, cut after the first end token. */
export function createAnswerLanguage(options: {
  readonly processor: PostProcessor;
  readonly model: Pick<VlmModel, 'endTokenIds'>;
  readonly prompt: PromptContent;
}): AnswerLanguage {
  const { processor, model: { endTokenIds }, prompt } = options;
  const { labelSet } = prompt;
  return {
    labelSet,
    encode(labels) {
      // Prompt and target are tokenised apart, so that any post will do.
      const target = writeLabels(labels, labelSet);
      const { inputIds, promptLength } = processor.encodePost({ prompt, text: '', image: undefined, target });
      const tokens = [...inputIds.subarray(promptLength)];
      const end = tokens.findIndex((id) => endTokenIds.includes(id));
      return end === -1 ? tokens : tokens.slice(0, end + 1);
    },
  };
}
