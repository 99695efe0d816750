import { ArrayScanner, type StringEnd } from './array-scanner.ts';
import { allowedByJson, type FoundArray } from './bracket-stack.ts';
import type { LabelMatcher } from './label-matcher.ts';
import type { Span } from './parse-labels.ts';
import { repairBits } from './repairs.ts';

/** Where to look for an array, and how. */
export interface ArraySearch {
  readonly text: string;
  /** The parts of the text to search, in this order. */
  readonly regions: readonly Span[];
  readonly matcher: LabelMatcher;
  /** Whether arrays that JSON would refuse count for nothing. */
  readonly jsonOnly: boolean;
}

/** What a search came to. */
export interface ArrayFinding {
  /** The array, its place counted in the whole text. */
  readonly found: FoundArray | undefined;
  /** Whether an array was open where the text ends. */
  readonly isOpen: boolean;
  /** Whether an array was passed over because JSON would refuse it. */
  readonly sawRefused: boolean;
}

interface Reading extends ArrayFinding {
  /** Whether the array was taken before the text ended. */
  readonly isAccepted: boolean;
  readonly sawQuoteInString: boolean;
  readonly sawBracketInString: boolean;
}

/**
 * Finds the array of labels in a text: read as JSON means it, and where that makes no JSON, with strings that end at
 * quotes of any shape; if neither finds anything, with strings that end at brackets.
 */
export function findArray(search: ArraySearch): ArrayFinding {
  const first = read(search, 'own-quote');
  if (search.jsonOnly || isJsonAsItStands(first.found)) return first;
  const best = first.sawQuoteInString ? readWithAnyQuotes(search, first) : first;
  if (best.found !== undefined || !best.sawBracketInString) return best;
  const last = read(search, 'bracket');
  return { ...last, isOpen: best.isOpen || last.isOpen };
}

/** An array that was accepted keeps its place, so that a stream may stop at its end. */
function readWithAnyQuotes(search: ArraySearch, first: Reading): Reading {
  const regions = first.isAccepted ? [first.found!] : search.regions;
  const second = read({ ...search, regions }, 'any-quote');
  return { ...(isBetter(second.found, first.found) ? second : first), isOpen: first.isOpen || second.isOpen };
}

function read({ text, regions, matcher, jsonOnly }: ArraySearch, stringsEndAt: StringEnd): Reading {
  let isOpen = false;
  let sawRefused = false;
  let sawQuoteInString = false;
  let sawBracketInString = false;
  for (const region of regions) {
    const scanner = new ArrayScanner({ matcher, jsonOnly, stringsEndAt });
    scanner.push(text.slice(region.start, region.end));
    isOpen ||= scanner.isOpen;
    sawQuoteInString ||= scanner.sawQuoteInString;
    sawBracketInString ||= scanner.sawBracketInString;
    const found = scanner.end();
    sawRefused ||= scanner.sawRefused;
    if (found === undefined) continue;
    const [start, end] = [region.start + found.start, region.start + found.end];
    if (jsonOnly && !isJson(text.slice(start, end), found)) {
      sawRefused = true;
      continue;
    }
    const isAccepted = scanner.accepted !== undefined;
    return { found: { ...found, start, end }, isAccepted, isOpen, sawRefused, sawQuoteInString, sawBracketInString };
  }
  return { found: undefined, isAccepted: false, isOpen, sawRefused, sawQuoteInString, sawBracketInString };
}

function isBetter(second: FoundArray | undefined, first: FoundArray | undefined): boolean {
  if (second === undefined || first === undefined) return second !== undefined;
  return second.rank > first.rank || (second.rank === first.rank && countLabels(second) > countLabels(first));
}

function countLabels({ items }: FoundArray): number {
  return new Set(items.filter((item) => typeof item === 'number')).size;
}

function isJsonAsItStands(found: FoundArray | undefined): boolean {
  return found !== undefined && (found.repairs & ~allowedByJson) === 0;
}

/** In a flat array the scanner has seen all that JSON would refuse; inside objects it is too tolerant to tell. */
function isJson(text: string, { repairs }: FoundArray): boolean {
  if ((repairs & repairBits.nested) === 0) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
