export type { LabelMatching } from './label-matcher.ts';
export { createLabelStream, type LabelStream } from './label-stream.ts';
export { parseLabelsLikeOriginal } from './original-rule.ts';
export {
  isValidAnswer,
  parseLabels,
  type ParseFailure,
  type ParseOptions,
  type ParseResult,
  type Span,
} from './parse-labels.ts';
export type { Repair } from './repairs.ts';
