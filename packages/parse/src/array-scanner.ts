import { BracketStack, type FoundArray } from './bracket-stack.ts';
import {
  codes,
  doubleQuote,
  hasOddSpace,
  isJsonSpace,
  isSpace,
  mayBeginJsonValue,
  noQuote,
  quoteKind,
  singleQuote,
  type QuoteKind,
} from './characters.ts';
import { bareSeparators, quotedSeparators, type LabelMatcher } from './label-matcher.ts';
import { RawText } from './raw-text.ts';
import { repairBits } from './repairs.ts';

/**
 * What ends a string: a quote of the shape that opened it, a quote of any shape, or a bracket too. The first reads JSON as
 * it is meant, the others are second chances for text with wrong or stray quotes.
 */
export type StringEnd = 'own-quote' | 'any-quote' | 'bracket';

/** How tolerant the scanner is. */
export interface ScannerOptions {
  readonly matcher: LabelMatcher;
  /** Whether arrays that JSON would refuse count for nothing. */
  readonly jsonOnly: boolean;
  readonly stringsEndAt: StringEnd;
}

type State =
  /** Before an opening bracket. */
  | 'outside'
  /** In a bracket, between values. */
  | 'between'
  /** In a value without quotes. */
  | 'bare'
  | 'string'
  /** In a string, after a backslash. */
  | 'escape'
  /** In a string, after `\u` and fewer than four digits. */
  | 'unicode'
  /** After a quote that may or may not end its string. */
  | 'quote';

const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', '/': '/' };
const jsonValue = /^(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const hexadecimalDigit = /[0-9a-fA-F]/;

/**
 * Finds arrays of labels in text that arrives in pieces, looking at each character once.
 *
 * It knows where values begin and end; a {@link BracketStack} judges the brackets they stand in.
 */
export class ArrayScanner {
  readonly #matcher: LabelMatcher;
  readonly #stringsEndAt: StringEnd;
  readonly #stack: BracketStack;
  readonly #content = new RawText();
  #state: State = 'outside';
  #input = '';
  #inputStart = 0;

  #stringQuote: QuoteKind = noQuote;
  #isAnyShapeEnd = false;
  #hasEscapedQuotes = false;
  #unicodeDigits = '';
  #contentLength = 0;
  #hasInnerQuote = false;
  #oddSpaceAfterQuote = false;
  #previousBare = 0;
  #sawBracketInString = false;
  #sawQuoteInString = false;

  constructor({ matcher, jsonOnly, stringsEndAt }: ScannerOptions) {
    this.#matcher = matcher;
    this.#stringsEndAt = stringsEndAt;
    this.#stack = new BracketStack({ matcher, jsonOnly });
  }

  /** The array that ends the search, once there is one. */
  get accepted(): FoundArray | undefined {
    return this.#stack.accepted;
  }

  /** Whether there was an array that counted for nothing because JSON would refuse it. */
  get sawRefused(): boolean {
    return this.#stack.sawRefused;
  }

  /** Whether an opened array was never closed. */
  get isOpen(): boolean {
    return this.#stack.isOpen;
  }

  /** Whether a string held a closing bracket, so that ending strings at brackets could give another result. */
  get sawBracketInString(): boolean {
    return this.#sawBracketInString;
  }

  /** Whether a string held a quote of another shape than its own, so that ending strings there could give another result. */
  get sawQuoteInString(): boolean {
    return this.#sawQuoteInString;
  }

  /** Reads on. Text after the accepted array is ignored. */
  push(input: string): void {
    this.#input = input;
    let index = 0;
    while (index < input.length && this.#stack.accepted === undefined) index = this.#read(index);
    if (this.#state === 'string' || this.#state === 'bare' || this.#state === 'quote') this.#carryOver();
    this.#inputStart += input.length;
    this.#input = '';
  }

  #carryOver(): void {
    this.#content.suspend(this.#input, this.#input.length);
    this.#content.resume('', 0);
  }

  /** Ends the text and gives the best array. */
  end(): FoundArray | undefined {
    if (this.#stack.accepted !== undefined) return this.#stack.accepted;
    if (this.#state === 'quote') this.#finishString();
    else if (this.#state !== 'outside' && this.#state !== 'between') this.#cutOff();
    return this.#stack.end(this.#inputStart);
  }

  /** Reads one character or more, and says where to read on. */
  #read(index: number): number {
    switch (this.#state) {
      case 'outside':
        return this.#outside(index);
      case 'between':
        return this.#between(index);
      case 'bare':
        return this.#bare(index);
      case 'string':
        return this.#string(index);
      case 'escape':
        return this.#escape(index);
      case 'unicode':
        return this.#unicode(index);
      case 'quote':
        return this.#afterQuote(index);
    }
  }

  #outside(index: number): number {
    const bracket = this.#input.indexOf('[', index);
    if (bracket < 0) return this.#input.length;
    this.#open('array', bracket);
    return bracket + 1;
  }

  /** Between values: brackets, commas, spaces, or the first character of a value. */
  #between(index: number): number {
    const code = this.#input.charCodeAt(index);
    const quote = quoteKind(code);
    if (quote !== noQuote) this.#startString(index + 1, quote, code !== codes.doubleQuote);
    else if (code === codes.comma) this.#stack.comma();
    else if (code === codes.colon) this.#stack.colon();
    else if (code === codes.openArray) this.#open('array', index);
    else if (code === codes.openObject) this.#open('object', index);
    else if (code === codes.closeArray) this.#close('array', index);
    else if (code === codes.closeObject) this.#close('object', index);
    else if (!isSpace(code)) this.#startBare(index);
    else if (!isJsonSpace(code)) this.#stack.repair(repairBits.space);
    return index + 1;
  }

  #bare(start: number): number {
    const input = this.#input;
    for (let index = start; index < input.length; index += 1) {
      const code = input.charCodeAt(index);
      const quote = quoteKind(code);
      if (quote !== noQuote && this.#previousBare === codes.backslash && this.#content.lengthTo(index) === 1) {
        this.#stack.dropItem(); // the backslash was no item of its own
        this.#startString(index + 1, quote, true);
        this.#hasEscapedQuotes = true;
        return index + 1;
      }
      if (quote === doubleQuote || (quote === singleQuote && isSpace(this.#previousBare)) || this.#endsBare(code)) {
        this.#finishBare(index);
        return index;
      }
      this.#previousBare = code;
    }
    return input.length;
  }

  #endsBare(code: number): boolean {
    switch (code) {
      case codes.comma:
      case codes.openArray:
      case codes.closeArray:
      case codes.openObject:
      case codes.closeObject:
      case codes.lineBreak:
        return true;
      case codes.colon:
        return this.#stack.isInObject;
      default:
        return false;
    }
  }

  #string(start: number): number {
    const input = this.#input;
    for (let index = start; index < input.length; index += 1) {
      const code = input.charCodeAt(index);
      if (code === codes.backslash) {
        this.#content.suspend(input, index);
        this.#state = 'escape';
        return index + 1;
      }
      if (quoteKind(code) === this.#stringQuote) {
        if (this.#isAnyShapeEnd || code === codes.doubleQuote) return this.#startQuote(index);
        this.#sawQuoteInString = true;
      }
      if (code < codes.space) this.#stack.repair(repairBits.escape);
      if (code !== codes.openArray && code !== codes.closeArray) continue;
      if (this.#stringsEndAt === 'bracket') {
        this.#stack.repair(repairBits.quotes);
        this.#contentLength = this.#content.lengthTo(index);
        this.#finishString();
        return index;
      }
      if (code === codes.closeArray) this.#sawBracketInString = true;
    }
    return input.length;
  }

  #escape(index: number): number {
    const character = this.#input[index]!;
    this.#state = 'string';
    if (this.#hasEscapedQuotes && quoteKind(character.charCodeAt(0)) === this.#stringQuote) {
      this.#content.resume('', index);
      return this.#startQuote(index);
    }
    if (character === 'u') {
      this.#unicodeDigits = '';
      this.#state = 'unicode';
      return index + 1;
    }
    const meaning = Object.hasOwn(simpleEscapes, character) ? simpleEscapes[character] : undefined;
    if (meaning === undefined) this.#stack.repair(repairBits.escape);
    this.#resume(meaning ?? character, index + 1);
    return index + 1;
  }

  #unicode(index: number): number {
    const character = this.#input[index]!;
    if (!hexadecimalDigit.test(character)) {
      this.#stack.repair(repairBits.escape);
      this.#resume(`u${this.#unicodeDigits}`, index);
      return index;
    }
    this.#unicodeDigits += character;
    if (this.#unicodeDigits.length === 4) this.#resume(String.fromCharCode(Number.parseInt(this.#unicodeDigits, 16)), index + 1);
    return index + 1;
  }

  /** Goes on with a string after an escape. */
  #resume(meaning: string, start: number): void {
    this.#content.resume(meaning, start);
    this.#state = 'string';
  }

  #startQuote(index: number): number {
    this.#contentLength = this.#content.lengthTo(index);
    this.#oddSpaceAfterQuote = false;
    this.#state = 'quote';
    return index + 1;
  }

  /** A quote ends its string when a separator, a bracket or another quote follows, or when it completes a label. */
  #afterQuote(start: number): number {
    const input = this.#input;
    for (let index = start; index < input.length; index += 1) {
      const code = input.charCodeAt(index);
      if (isSpace(code)) {
        if (!isJsonSpace(code)) this.#oddSpaceAfterQuote = true;
      } else if (endsString(code) || this.#isLabel()) {
        if (this.#oddSpaceAfterQuote) this.#stack.repair(repairBits.space);
        this.#finishString();
        return index;
      } else {
        this.#stack.repair(repairBits['inner-quote']);
        this.#hasInnerQuote = true;
        this.#state = 'string';
        return index;
      }
    }
    return input.length;
  }

  #isLabel(): boolean {
    const { longestText, mayHoldQuotes } = this.#matcher;
    if (this.#contentLength > longestText || (this.#hasInnerQuote && !mayHoldQuotes)) return false;
    return this.#matcher.find(this.#content.first(this.#input, this.#contentLength)) >= 0;
  }

  #startString(start: number, quote: QuoteKind, isOdd: boolean): void {
    this.#stack.startItem();
    if (isOdd) this.#stack.repair(repairBits.quotes);
    this.#content.begin(start);
    this.#stringQuote = quote;
    this.#isAnyShapeEnd = isOdd || this.#stringsEndAt !== 'own-quote';
    this.#hasEscapedQuotes = false;
    this.#hasInnerQuote = false;
    this.#state = 'string';
  }

  #startBare(index: number): void {
    this.#stack.startItem();
    this.#content.begin(index);
    this.#previousBare = this.#input.charCodeAt(index);
    this.#state = 'bare';
  }

  #finishString(): void {
    const content = this.#content.first(this.#input, this.#contentLength);
    this.#state = 'between';
    this.#stack.addText(content, { separators: quotedSeparators, isQuoted: true });
  }

  #finishBare(end: number): void {
    const whole = this.#content.first(this.#input, this.#content.lengthTo(end));
    const content = whole.trim();
    this.#state = 'between';
    if (!mayBeginJsonValue(content.charCodeAt(0)) || !jsonValue.test(content)) {
      this.#stack.repair(repairBits.unquoted);
      return this.#stack.addText(content, { separators: bareSeparators, isQuoted: false });
    }
    if (whole.length > content.length && hasOddSpace(whole)) this.#stack.repair(repairBits.space);
    if (this.#matcher.find(content) >= 0) this.#stack.addText(content, { separators: quotedSeparators, isQuoted: false });
    else this.#stack.addOtherValue();
  }

  /** At the end of the text an unfinished item counts only when it is a whole label. */
  #cutOff(): void {
    const isQuoted = this.#state !== 'bare';
    const content = this.#content.first('', Infinity).trim();
    this.#state = 'between';
    if (this.#matcher.exact(content) >= 0) this.#stack.addText(content, { separators: quotedSeparators, isQuoted });
    else this.#stack.repair(repairBits['cut-off']);
  }

  #open(kind: 'array' | 'object', index: number): void {
    this.#stack.open(kind, this.#inputStart + index);
    this.#state = 'between';
  }

  #close(kind: 'array' | 'object', index: number): void {
    this.#stack.close(kind, this.#inputStart + index);
    if (!this.#stack.isOpen) this.#state = 'outside';
  }
}

/** Whether a quote before this character ended its string. */
function endsString(code: number): boolean {
  return (
    code === codes.comma || code === codes.closeArray || code === codes.closeObject || code === codes.colon ||
    code === codes.backslash || quoteKind(code) !== noQuote
  );
}
