import { ArrayScanner } from './array-scanner.ts';
import { repeatsInstructions } from './echo.ts';
import { GrowingText } from './growing-text.ts';
import { createLabelMatcher } from './label-matcher.ts';
import { parseLabels, type ParseOptions, type ParseResult } from './parse-labels.ts';

/** Reads an answer while it is being written. */
export interface LabelStream {
  /**
   * Takes the next piece of text.
   *
   * @returns The result as soon as an array of labels is closed, undefined before: generation can stop then. Once there, it
   * stays. Text that repeats the instructions before any array is judged by `end` only, as its first array is the label list.
   */
  push(chunk: string): ParseResult | undefined;
  /** The result for the text so far, as {@link parseLabels} gives it. */
  end(): ParseResult;
}

/**
 * Creates a reader that says when the array is complete, so that generation can stop.
 *
 * Each character is looked at once while the text arrives, wherever the pieces are cut.
 *
 * @example
 * const stream = createLabelStream(['racist', 'sexist']);
 * stream.push('["rac'); // undefined
 * stream.push('ist"] and'); // { ok: true, labels: ['racist'], ... }
 */
export function createLabelStream(labels: readonly string[], options: Omit<ParseOptions, 'prompt'> = {}): LabelStream {
  const jsonOnly = options.strictness === 'json';
  const matching = options.labelMatching ?? (jsonOnly ? 'exact' : 'forgiving');
  const scanner = new ArrayScanner({ matcher: createLabelMatcher(labels, matching), jsonOnly, stringsEndAt: 'own-quote' });
  const text = new GrowingText();
  let result: ParseResult | undefined;
  let isEchoed = false;
  return {
    push(chunk) {
      text.append(chunk);
      if (result !== undefined || isEchoed) return result;
      scanner.push(chunk);
      const { accepted } = scanner;
      if (accepted === undefined) return undefined;
      isEchoed = repeatsInstructions(text.toString().slice(0, accepted.start));
      if (!isEchoed) result = parseLabels(text.toString(), labels, options);
      return result;
    },
    end: () => parseLabels(text.toString(), labels, options),
  };
}
