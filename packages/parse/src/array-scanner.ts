import type { LabelMatcher } from './label-matcher.ts';
import { harmlessBits, repairBit, type RepairBits } from './repairs.ts';

/** An array found in the text. */
export interface FoundArray {
  /** First character, the opening bracket. */
  readonly start: number;
  /** After the last character. */
  readonly end: number;
  /** How much it looks like an answer, see {@link rank}. */
  readonly rank: number;
  /** Label indices, and the strings that are no labels, in order of appearance. */
  readonly items: readonly (number | string)[];
  readonly repairs: RepairBits;
}

/** How tolerant the scanner is. */
export interface ScannerOptions {
  readonly matcher: LabelMatcher;
  /** Whether arrays that JSON would refuse count. */
  readonly jsonOnly: boolean;
  /** Whether a bracket ends a string: a second chance for text with stray quotes. */
  readonly bracketsEndStrings?: boolean;
}

/** A bracket that is still open. */
interface Frame {
  readonly kind: 'array' | 'object';
  readonly start: number;
  readonly firstItem: number;
  readonly before: Tally;
  repairs: RepairBits;
  best: Candidate | undefined;
}

/** A judged bracket, its items still in the scanner's list. */
interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly rank: number;
  readonly firstItem: number;
  readonly endItem: number;
  readonly repairs: RepairBits;
}

/** How many items of each kind were met so far. */
interface Tally {
  quotedLabels: number;
  bareLabels: number;
  unknownStrings: number;
  prose: number;
  otherValues: number;
}

type State = 'outside' | 'between' | 'bare' | 'string' | 'escape' | 'unicode' | 'quote';

// No list of labels is nested deeper; brackets below are counted but not remembered, so memory stays small.
const deepestFrame = 64;

const doubleQuotes = '"“”„‟«»';
const singleQuotes = "'‘’‚‛`´";
const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', '/': '/' };
const mayBeJsonValue = /^[-\dtfn]/;
const jsonValue = /^(?:null|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const hexadecimalDigit = /[0-9a-fA-F]/;

/**
 * Finds arrays of labels in text that arrives in pieces, looking at each character once.
 *
 * An array whose items hold a quoted label, or an empty one, is accepted as soon as it is closed. Others are remembered,
 * and the best of them is taken when the text ends.
 */
export class ArrayScanner {
  readonly #options: ScannerOptions;
  #state: State = 'outside';
  #position = 0;
  #accepted: FoundArray | undefined;
  #fallback: FoundArray | undefined;

  readonly #frames: Frame[] = [];
  #deeper = 0;
  #items: (number | string)[] = [];
  #tally: Tally = { quotedLabels: 0, bareLabels: 0, unknownStrings: 0, prose: 0, otherValues: 0 };
  #separated = true;
  #awaitsItem = false;

  #content = '';
  #lastBare = '';
  #quotes = '';
  #afterContent = '';
  #escapedQuotes = false;
  #unicodeDigits = '';
  #sawBracketInString = false;

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  /** The array that ends the search, once there is one. */
  get accepted(): FoundArray | undefined {
    return this.#accepted;
  }

  /** Whether an opened array was never closed. */
  get isOpen(): boolean {
    return this.#frames.length > 0;
  }

  /** Whether a string held a closing bracket, so that ending strings at brackets could give another result. */
  get sawBracketInString(): boolean {
    return this.#sawBracketInString;
  }

  /** Reads on. Text after the accepted array is ignored. */
  push(text: string): void {
    let index = 0;
    while (index < text.length && this.#accepted === undefined) {
      const run = this.#plainRun(text, index);
      index += run;
      this.#position += run;
      if (index === text.length) return;
      this.#step(text[index]!);
      index += 1;
      this.#position += 1;
    }
  }

  /** Takes in characters that change nothing, many at once, and says how many. */
  #plainRun(text: string, start: number): number {
    if (this.#state === 'outside') {
      const bracket = text.indexOf('[', start);
      return (bracket < 0 ? text.length : bracket) - start;
    }
    if (this.#state !== 'string' && this.#state !== 'bare') return 0;
    const bracketsArePlain = this.#state === 'string' && this.#options.bracketsEndStrings !== true;
    const end = endOfPlainRun(text, start, bracketsArePlain);
    if (end === start) return 0;
    const run = text.slice(start, end);
    if (bracketsArePlain) this.#sawBracketInString ||= run.includes(']');
    this.#content += run;
    this.#lastBare = text[end - 1]!;
    return end - start;
  }

  /** Ends the text and gives the best array. */
  end(): FoundArray | undefined {
    if (this.#accepted !== undefined) return this.#accepted;
    if (this.#state === 'quote') this.#finishString();
    else if (this.#state !== 'outside' && this.#state !== 'between') this.#cutOff();
    while (this.#frames.length > 0) {
      this.#repair('closed');
      this.#close(this.#position);
    }
    return this.#accepted ?? this.#fallback;
  }

  #step(character: string): void {
    switch (this.#state) {
      case 'outside':
        return this.#open('array');
      case 'between':
        return this.#between(character);
      case 'bare':
        return this.#bare(character);
      case 'string':
        return this.#string(character);
      case 'escape':
        return this.#escape(character);
      case 'unicode':
        return this.#unicode(character);
      case 'quote':
        return this.#afterQuote(character);
    }
  }

  /** Between values: brackets, commas, spaces, or the first character of a value. */
  #between(character: string): void {
    if (character === '"') return this.#startString(doubleQuotes);
    if (isSpace(character)) {
      if (!isJsonSpace(character)) this.#repair('space');
    } else if (character === ',') this.#comma();
    else if (character === ':') this.#dropKey();
    else if (character === '[') this.#open('array');
    else if (character === '{') this.#open('object');
    else if (character === ']' || character === '}') this.#closeWith(character);
    else if (doubleQuotes.includes(character)) this.#startOddString(doubleQuotes);
    else if (singleQuotes.includes(character)) this.#startOddString(singleQuotes);
    else this.#startBare(character);
  }

  #bare(character: string): void {
    if (this.#content === '\\' && isQuote(character)) {
      this.#separated = true; // the backslash was no item of its own
      return this.#startOddString(doubleQuotes.includes(character) ? doubleQuotes : singleQuotes);
    }
    const isEnd =
      ',[]{}\n'.includes(character) ||
      doubleQuotes.includes(character) ||
      (singleQuotes.includes(character) && isSpace(this.#lastBare)) ||
      (character === ':' && this.#top().kind === 'object');
    if (isEnd) {
      this.#finishBare();
      return this.#between(character);
    }
    this.#content += character;
    this.#lastBare = character;
  }

  #string(character: string): void {
    if (character === '\\') {
      this.#state = 'escape';
    } else if (this.#quotes.includes(character)) {
      this.#afterContent = character;
      this.#state = 'quote';
    } else if (this.#options.bracketsEndStrings === true && (character === '[' || character === ']')) {
      this.#repair('quotes');
      this.#finishString();
      this.#between(character);
    } else {
      if (character < ' ') this.#repair('escape');
      this.#content += character;
    }
  }

  #escape(character: string): void {
    this.#state = 'string';
    if (this.#escapedQuotes && this.#quotes.includes(character)) {
      this.#afterContent = character;
      this.#state = 'quote';
    } else if (character === 'u') {
      this.#unicodeDigits = '';
      this.#state = 'unicode';
    } else {
      const meaning = Object.hasOwn(simpleEscapes, character) ? simpleEscapes[character] : undefined;
      if (meaning === undefined) this.#repair('escape');
      this.#content += meaning ?? character;
    }
  }

  #unicode(character: string): void {
    if (!hexadecimalDigit.test(character)) {
      this.#repair('escape');
      this.#content += `u${this.#unicodeDigits}`;
      this.#state = 'string';
      return this.#string(character);
    }
    this.#unicodeDigits += character;
    if (this.#unicodeDigits.length < 4) return;
    this.#content += String.fromCharCode(Number.parseInt(this.#unicodeDigits, 16));
    this.#state = 'string';
  }

  /** A quote ends its string when a separator, a bracket or another quote follows, or when it completes a label. */
  #afterQuote(character: string): void {
    if (isSpace(character)) {
      this.#afterContent += character;
      return;
    }
    const isSeparator = ',]}:\\'.includes(character) || isQuote(character);
    if (isSeparator || this.#options.matcher.find(this.#content) >= 0) {
      if (this.#afterContent.length > 1 && hasOddSpace(this.#afterContent)) this.#repair('space');
      this.#finishString();
      return this.#between(character);
    }
    this.#repair('inner-quote');
    this.#content += this.#afterContent;
    this.#state = 'string';
    this.#string(character);
  }

  #startString(quotes: string): void {
    this.#startItem();
    this.#quotes = quotes;
    this.#content = '';
    this.#escapedQuotes = false;
    this.#state = 'string';
  }

  #startOddString(quotes: string): void {
    const isEscaped = this.#state === 'bare';
    this.#startString(quotes);
    this.#escapedQuotes = isEscaped;
    this.#repair('quotes');
  }

  #startBare(character: string): void {
    this.#startItem();
    this.#content = character;
    this.#lastBare = character;
    this.#state = 'bare';
  }

  #startItem(): void {
    if (!this.#separated) this.#repair('comma');
    this.#separated = false;
    this.#awaitsItem = false;
  }

  #comma(): void {
    if (this.#separated) this.#repair('comma');
    this.#separated = true;
    this.#awaitsItem = true;
  }

  /** In an object the string before a colon is a key, no label. */
  #dropKey(): void {
    const frame = this.#top();
    if (frame.kind === 'object' && this.#items.length > frame.firstItem) this.#forget(this.#items.pop()!);
    else this.#repair('comma');
    this.#separated = true;
    this.#awaitsItem = true;
  }

  #finishString(): void {
    this.#state = 'between';
    this.#addText(this.#content, /[,;|\n"“”]+/, true);
  }

  #finishBare(): void {
    const content = this.#content.trim();
    this.#state = 'between';
    if (!mayBeJsonValue.test(content) || !jsonValue.test(content)) {
      this.#repair('unquoted');
      return this.#addText(content, /[\s,;|/]+/, false);
    }
    if (hasOddSpace(this.#content)) this.#repair('space');
    if (this.#options.matcher.find(content) >= 0) return this.#addText(content, /,/, false);
    this.#repair('other-value');
    this.#tally.otherValues += 1;
  }

  #addText(content: string, separators: RegExp, quoted: boolean): void {
    const { matcher } = this.#options;
    const index = matcher.find(content);
    if (index >= 0) {
      if (matcher.exact(content) < 0) this.#repair('spelling');
      return this.#addLabels([index], quoted);
    }
    const several = matcher.split(content, separators);
    if (several !== undefined) {
      this.#repair('split');
      return this.#addLabels(several, quoted);
    }
    this.#tally[quoted ? 'unknownStrings' : 'prose'] += 1;
    const { kind, firstItem } = this.#top();
    const isRepeated = kind === 'array' && this.#items.length > firstItem && this.#items.at(-1) === content;
    if (!isRepeated) this.#items.push(content);
  }

  #addLabels(indices: readonly number[], quoted: boolean): void {
    this.#items.push(...indices);
    this.#tally[quoted ? 'quotedLabels' : 'bareLabels'] += indices.length;
  }

  #forget(item: number | string): void {
    const kinds = typeof item === 'number' ? (['quotedLabels', 'bareLabels'] as const) : (['unknownStrings', 'prose'] as const);
    const kind = this.#tally[kinds[0]] > this.#top().before[kinds[0]] ? kinds[0] : kinds[1];
    this.#tally[kind] -= 1;
  }

  /** At the end of the text an unfinished item counts only when it is a whole label. */
  #cutOff(): void {
    const quoted = this.#state !== 'bare';
    const content = this.#content.trim();
    this.#state = 'between';
    if (this.#options.matcher.exact(content) >= 0) this.#addText(content, /,/, quoted);
    else this.#repair('cut-off');
  }

  #open(kind: Frame['kind']): void {
    if (this.#frames.length > 0) {
      this.#startItem();
      this.#repair('nested');
    }
    this.#separated = true;
    this.#awaitsItem = false;
    this.#state = 'between';
    if (this.#frames.length >= deepestFrame) {
      this.#deeper += 1;
      return;
    }
    this.#frames.push({
      kind,
      start: this.#position,
      firstItem: this.#items.length,
      before: { ...this.#tally },
      repairs: 0,
      best: undefined,
    });
  }

  #closeWith(character: string): void {
    if (this.#awaitsItem) this.#repair('comma');
    this.#awaitsItem = false;
    this.#separated = false;
    if (this.#deeper > 0) {
      this.#deeper -= 1;
      return;
    }
    const closes = character === ']' ? 'array' : 'object';
    if (this.#top().kind !== closes) this.#repair('closed');
    if (closes === 'array') while (this.#top().kind === 'object') this.#close(this.#position);
    this.#close(this.#position + 1);
  }

  /** Closes the innermost bracket and judges what was in it. */
  #close(end: number): void {
    const frame = this.#frames.pop()!;
    const found = this.#judge(frame, end);
    const parent = this.#frames.at(-1);
    if (parent === undefined) {
      if (found.rank === ranks.answer) this.#accepted = this.#take(found);
      else if (found.rank > (this.#fallback?.rank ?? ranks.nothing)) this.#fallback = this.#take(found);
      this.#items = [];
      this.#state = 'outside';
      return;
    }
    parent.repairs |= frame.repairs;
    if (found.rank > (parent.best?.rank ?? ranks.nothing)) parent.best = found;
    // With prose around it, the outer bracket can no longer be an answer itself.
    const outerIsProse = this.#tally.prose > parent.before.prose;
    if (outerIsProse && found.rank === ranks.answer) this.#accepted = this.#take(found);
  }

  /** The bracket itself, or the best one inside it where that looks more like an answer. */
  #judge(frame: Frame, end: number): Candidate {
    const isOpen = (frame.repairs & repairBit('closed')) !== 0;
    const hasItems = this.#items.length > frame.firstItem;
    const isRefused =
      frame.kind === 'object' || (isOpen && !hasItems) || (this.#options.jsonOnly && (frame.repairs & ~harmlessBits) !== 0);
    const own = isRefused ? ranks.nothing : rank(this.#tally, frame.before);
    if (frame.best !== undefined && frame.best.rank > own) return frame.best;
    return {
      start: frame.start,
      end,
      rank: isOpen ? Math.min(own, ranks.repaired) : own,
      firstItem: frame.firstItem,
      endItem: this.#items.length,
      repairs: frame.repairs,
    };
  }

  #take({ firstItem, endItem, ...found }: Candidate): FoundArray {
    return { ...found, items: this.#items.slice(firstItem, endItem) };
  }

  #repair(repair: Parameters<typeof repairBit>[0]): void {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) frame.repairs |= repairBit(repair);
  }

  #top(): Frame {
    return this.#frames.at(-1)!;
  }
}

/** How much an array looks like an answer. */
export const ranks = {
  /** No array of labels. */
  nothing: 0,
  /** Strings, but no label among them; or labels amid prose. */
  strings: 1,
  /** Labels without quotes. */
  bare: 2,
  /** Quoted labels in an array that the text does not close. */
  repaired: 3,
  /** An empty array, or one with quoted labels. */
  answer: 4,
} as const;

function rank(now: Tally, before: Tally): number {
  const quotedLabels = now.quotedLabels - before.quotedLabels;
  const bareLabels = now.bareLabels - before.bareLabels;
  const unknownStrings = now.unknownStrings - before.unknownStrings;
  const prose = now.prose - before.prose;
  if (prose > 0) return quotedLabels + bareLabels > 0 ? ranks.strings : ranks.nothing;
  if (quotedLabels > 0) return ranks.answer;
  if (bareLabels > 0) return ranks.bare;
  if (unknownStrings > 0) return ranks.strings;
  return now.otherValues > before.otherValues ? ranks.nothing : ranks.answer;
}

const openBracket = 91;
const closeBracket = 93;

// Characters that mean something inside a string or an unquoted label; other quotes lie above ASCII.
const special = new Uint8Array(128).fill(1, 0, 32);
for (const character of '"\'`\\[]{},:') special[character.charCodeAt(0)] = 1;

function endOfPlainRun(text: string, start: number, bracketsArePlain: boolean): number {
  let index = start;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    const isSpecial = code < 128 ? special[code] === 1 : isQuote(text[index]!);
    if (isSpecial && !(bracketsArePlain && (code === openBracket || code === closeBracket))) break;
    index += 1;
  }
  return index;
}

function isJsonSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}

function isSpace(character: string): boolean {
  return isJsonSpace(character) || ((character > '~' || character < ' ') && /\s/.test(character));
}

function hasOddSpace(text: string): boolean {
  return /[^\S \n\r\t]/.test(text);
}

function isQuote(character: string): boolean {
  return doubleQuotes.includes(character) || singleQuotes.includes(character);
}
