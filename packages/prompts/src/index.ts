export {
  arrangePrompt,
  promptLayouts,
  type ArrangePromptOptions,
  type PromptLayout,
  type PromptMessage,
  type PromptPart,
} from './arrange-prompt.ts';
export {
  binaryLabelSet,
  buildPrompt,
  postEnd,
  postStart,
  promptVersion,
  type BuildPromptOptions,
  type Prompt,
  type PromptExample,
  type PromptPreset,
  type UserTextStyle,
} from './build-prompt.ts';
export { delimitText } from './delimit-text.ts';
export {
  checkFingerprint,
  promptFingerprint,
  recordPrompt,
  type PromptIdentity,
  type PromptRecord,
} from './fingerprint.ts';
export { fitTokens, type FitTokensOptions, type FittedTokens } from './fit-tokens.ts';
export { writePythonList } from './python-repr.ts';
export { writeJsonArray, writeLabels } from './write-labels.ts';
