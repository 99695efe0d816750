import type { FoundArray } from './bracket-stack.ts';
import { answerRegions } from './echo.ts';
import { findArray, type ArrayFinding } from './find-array.ts';
import { createLabelMatcher, type LabelMatching } from './label-matcher.ts';
import { listRepairs, repairBits, type Repair, type RepairBits } from './repairs.ts';

/** Why no labels were found. */
export type ParseFailure =
  /** The text is empty or blank. */
  | 'empty'
  /** There is no `[` in it. */
  | 'no-array'
  /** An array begins, and the text ends before anything was learnt. */
  | 'truncated'
  /** There are brackets, but none holds labels or strings. */
  | 'no-labels'
  /** Strictness `json`: there is an array of labels, but JSON would refuse it. */
  | 'not-json';

/** A piece of the text: `text.slice(start, end)`, counted in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a text says. `labels` is there in either case, so that a failure reads as no labels. */
export type ParseResult =
  | {
      readonly ok: true;
      /** Known labels in the order of the label list, each once. */
      readonly labels: string[];
      /** Strings in the array that are no labels, each once, in order of appearance. */
      readonly unknown: string[];
      /** What was wrong and was put right. */
      readonly repairs: Repair[];
      /** Where the array stands. */
      readonly span: Span;
      /** Whether the whole text is a JSON array of distinct known labels and nothing else. */
      readonly valid: boolean;
    }
  | {
      readonly ok: false;
      readonly reason: ParseFailure;
      readonly labels: string[];
      readonly unknown: string[];
      readonly repairs: Repair[];
      readonly valid: false;
    };

/** How to read a model's answer. */
export interface ParseOptions {
  /**
   * `lenient` repairs what it can; `json` takes only arrays that JSON accepts, wherever they stand.
   * @default 'lenient'
   */
  readonly strictness?: 'lenient' | 'json';
  /**
   * `forgiving` ignores case, spacing and the shape of quotes and takes strings with several labels apart.
   * @default 'forgiving', or 'exact' with strictness `json`
   */
  readonly labelMatching?: LabelMatching;
  /** The prompt, where the text may repeat it: what comes up to its end is not the answer. */
  readonly prompt?: string;
}

/**
 * Finds the first JSON array of labels in a model's answer, best effort, and says what it had to repair.
 *
 * Never throws on any text and takes time linear in its length. An empty array or one with a quoted label is taken at
 * once; unquoted labels, unclosed arrays and arrays of unknown strings only when nothing better follows.
 *
 * @param text - What the model wrote.
 * @param labels - The label list; results are in its order.
 *
 * @example
 * parseLabels("Sure! ['Sexist', 'racist',]", ['racist', 'sexist']).labels; // ['racist', 'sexist']
 */
export function parseLabels(text: string, labels: readonly string[], options: ParseOptions = {}): ParseResult {
  const { strictness = 'lenient', labelMatching = strictness === 'json' ? 'exact' : 'forgiving', prompt } = options;
  const matcher = createLabelMatcher(labels, labelMatching);
  const jsonOnly = strictness === 'json';

  const { regions, isEchoed } = answerRegions(text, prompt);
  const { found, ...seen } = findArray({ text, regions, matcher, jsonOnly });
  if (found !== undefined) return success({ text, labels, found, isEchoed });
  return failure(failureOf(text, seen));
}

/**
 * Whether a text is a well-formed answer: a JSON array of distinct known labels, spelled exactly, and nothing else.
 *
 * The share of answers that are not is the invalid-JSON rate.
 */
export function isValidAnswer(text: string, labels: readonly string[]): boolean {
  return parseLabels(text, labels, { strictness: 'json' }).valid;
}

/** Turns the array found into a result. */
export function success(options: {
  readonly text: string;
  readonly labels: readonly string[];
  readonly found: FoundArray;
  readonly isEchoed: boolean;
}): ParseResult {
  const { text, labels, found, isEchoed } = options;
  const known = new Set<number>();
  const unknown = new Set<string>();
  let repairs: RepairBits = found.repairs;
  for (const item of found.items) {
    if (typeof item === 'string') unknown.add(item);
    else if (known.has(item)) repairs |= repairBits.repeated;
    else known.add(item);
  }
  const span = { start: found.start, end: found.end };
  if (hasText(text, 0, span.start) || hasText(text, span.end, text.length)) repairs |= repairBits['surrounding-text'];
  if (isEchoed) repairs |= repairBits['echoed-prompt'];
  return {
    ok: true,
    labels: labels.filter((_, index) => known.has(index)),
    unknown: [...unknown],
    repairs: listRepairs(repairs),
    span,
    valid: repairs === 0 && unknown.size === 0,
  };
}

/** A result without labels. */
export function failure(reason: ParseFailure): ParseResult {
  return { ok: false, reason, labels: [], unknown: [], repairs: [], valid: false };
}

function failureOf(text: string, { isOpen, sawRefused }: Omit<ArrayFinding, 'found'>): ParseFailure {
  if (text.trim() === '') return 'empty';
  if (!text.includes('[')) return 'no-array';
  if (sawRefused) return 'not-json';
  return isOpen ? 'truncated' : 'no-labels';
}

function hasText(text: string, start: number, end: number): boolean {
  return /[^ \n\r\t]/.test(text.slice(start, end));
}
