import type { LabelMatcher, LabelSeparators } from './label-matcher.ts';
import { repairBits, type RepairBits } from './repairs.ts';

/** An array found in the text. */
export interface FoundArray {
  /** First character, the opening bracket. */
  readonly start: number;
  /** After the last character. */
  readonly end: number;
  /** How much it looks like an answer, see {@link ranks}. */
  readonly rank: number;
  /** Label indices, and the strings that are no labels, in order of appearance. */
  readonly items: readonly (number | string)[];
  readonly repairs: RepairBits;
}

/** How much an array looks like an answer. */
const ranks = {
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

/** How many items of each kind stand in a bracket and in the brackets inside it. */
interface Tally {
  quotedLabels: number;
  bareLabels: number;
  unknownStrings: number;
  prose: number;
  otherValues: number;
}

/** A bracket that is still open. */
interface Frame extends Tally {
  readonly kind: 'array' | 'object';
  readonly start: number;
  readonly firstItem: number;
  /** The bracket it stands in. */
  readonly parent: Frame | undefined;
  readonly depth: number;
  repairs: RepairBits;
  best: Candidate | undefined;
}

/** A judged bracket, its items still in the stack's list. */
interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly rank: number;
  readonly firstItem: number;
  readonly endItem: number;
  readonly repairs: RepairBits;
}

// No list of labels is nested deeper; brackets below are counted but not remembered, so memory stays small.
const deepestFrame = 64;

/**
 * The open brackets and their items; judges each array when it is closed.
 *
 * An array whose items hold a quoted label, or an empty one, is accepted as soon as it is closed. Others are remembered,
 * and the best of them is taken when the text ends.
 */
export class BracketStack {
  readonly #matcher: LabelMatcher;
  readonly #jsonOnly: boolean;
  #top: Frame | undefined;
  #items: (number | string)[] = [];
  #deeper = 0;
  #separated = true;
  #awaitsItem = false;
  #accepted: FoundArray | undefined;
  #fallback: FoundArray | undefined;
  #sawRefused = false;

  /** @param options.jsonOnly - Whether arrays that JSON would refuse count for nothing. */
  constructor(options: { readonly matcher: LabelMatcher; readonly jsonOnly: boolean }) {
    this.#matcher = options.matcher;
    this.#jsonOnly = options.jsonOnly;
  }

  /** The array that ends the search, once there is one. */
  get accepted(): FoundArray | undefined {
    return this.#accepted;
  }

  /** Whether there was an array of labels or strings that JSON would refuse. */
  get sawRefused(): boolean {
    return this.#sawRefused;
  }

  /** Whether a bracket is open. */
  get isOpen(): boolean {
    return this.#top !== undefined;
  }

  /** Whether the innermost bracket is an object's. */
  get isInObject(): boolean {
    return this.#top?.kind === 'object';
  }

  /** Notes what was put right in the innermost bracket. */
  repair(bit: RepairBits): void {
    if (this.#top !== undefined) this.#top.repairs |= bit;
  }

  /** Opens a bracket at a position. */
  open(kind: Frame['kind'], start: number): void {
    const parent = this.#top;
    if (parent !== undefined) {
      this.startItem();
      this.repair(repairBits.nested);
    }
    this.#separated = true;
    this.#awaitsItem = false;
    const depth = parent === undefined ? 1 : parent.depth + 1;
    if (depth > deepestFrame) {
      this.#deeper += 1;
      return;
    }
    this.#top = {
      kind,
      start,
      firstItem: this.#items.length,
      parent,
      depth,
      quotedLabels: 0,
      bareLabels: 0,
      unknownStrings: 0,
      prose: 0,
      otherValues: 0,
      repairs: 0,
      best: undefined,
    };
  }

  /** Takes a closing bracket at a position, be it of the right kind or not. */
  close(kind: Frame['kind'], position: number): void {
    if (this.#awaitsItem) this.repair(repairBits.comma);
    this.#awaitsItem = false;
    this.#separated = false;
    if (this.#deeper > 0) {
      this.#deeper -= 1;
      return;
    }
    if (this.#top?.kind !== kind) this.repair(repairBits.closed);
    if (kind === 'array') while (this.#top?.kind === 'object') this.#closeTop(this.#top, position);
    if (this.#top !== undefined) this.#closeTop(this.#top, position + 1);
  }

  /** Closes what is open at the end of the text, and gives the best array. */
  end(position: number): FoundArray | undefined {
    if (this.#accepted !== undefined) return this.#accepted;
    while (this.#top !== undefined) {
      this.repair(repairBits.closed);
      this.#closeTop(this.#top, position);
    }
    return this.#accepted ?? this.#fallback;
  }

  /** Takes a comma. */
  comma(): void {
    if (this.#separated) this.repair(repairBits.comma);
    this.#separated = true;
    this.#awaitsItem = true;
  }

  /** Takes a colon: in an object the string before it is a key, no label. */
  colon(): void {
    const frame = this.#top!;
    if (frame.kind === 'object' && this.#items.length > frame.firstItem) this.#forget(this.#items.pop()!);
    else this.repair(repairBits.comma);
    this.#separated = true;
    this.#awaitsItem = true;
  }

  /** Begins a value. */
  startItem(): void {
    if (!this.#separated) this.repair(repairBits.comma);
    this.#separated = false;
    this.#awaitsItem = false;
  }

  /** Takes back the beginning of a value that was none. */
  dropItem(): void {
    this.#separated = true;
  }

  /** Adds a value that is neither a string nor a label. */
  addOtherValue(): void {
    this.repair(repairBits['other-value']);
    this.#top!.otherValues += 1;
  }

  /** Adds a string or unquoted text: a label, several labels, or unknown. */
  addText(content: string, options: { readonly separators: LabelSeparators; readonly isQuoted: boolean }): void {
    const { separators, isQuoted } = options;
    const index = this.#matcher.find(content);
    if (index >= 0) {
      if (this.#matcher.exact(content) < 0) this.repair(repairBits.spelling);
      return this.#addLabels([index], isQuoted);
    }
    const several = this.#matcher.split(content, separators);
    if (several !== undefined) {
      this.repair(repairBits.split);
      return this.#addLabels(several, isQuoted);
    }
    const frame = this.#top!;
    frame[isQuoted ? 'unknownStrings' : 'prose'] += 1;
    const isRepeated = frame.kind === 'array' && this.#items.length > frame.firstItem && this.#items.at(-1) === content;
    if (!isRepeated) this.#items.push(content);
  }

  #addLabels(indices: readonly number[], isQuoted: boolean): void {
    for (const index of indices) this.#items.push(index);
    this.#top![isQuoted ? 'quotedLabels' : 'bareLabels'] += indices.length;
  }

  #forget(item: number | string): void {
    const frame = this.#top!;
    if (typeof item === 'number') frame[frame.quotedLabels > 0 ? 'quotedLabels' : 'bareLabels'] -= 1;
    else frame[frame.unknownStrings > 0 ? 'unknownStrings' : 'prose'] -= 1;
  }

  /** Closes the innermost bracket and judges what was in it. */
  #closeTop(frame: Frame, end: number): void {
    const found = this.#judge(frame, end);
    const { parent } = frame;
    this.#top = parent;
    if (parent === undefined) {
      if (found?.rank === ranks.answer) this.#accepted = this.#take(found);
      else if (found !== undefined && found.rank > (this.#fallback?.rank ?? ranks.nothing)) this.#fallback = this.#take(found);
      if (this.#items.length > 0) this.#items = [];
      return;
    }
    addTally(parent, frame);
    parent.repairs |= frame.repairs;
    if (found === undefined) return;
    if (found.rank > (parent.best?.rank ?? ranks.nothing)) parent.best = found;
    // With prose around it, the outer bracket can no longer be an answer itself.
    if (parent.prose > 0 && found.rank === ranks.answer) this.#accepted = this.#take(found);
  }

  /** The bracket itself, or the best one inside it where that looks more like an answer. */
  #judge(frame: Frame, end: number): Candidate | undefined {
    const isUnclosed = (frame.repairs & repairBits.closed) !== 0;
    const hasItems = this.#items.length > frame.firstItem;
    let own = frame.kind === 'object' || (isUnclosed && !hasItems) ? ranks.nothing : rank(frame);
    if (own !== ranks.nothing && this.#jsonOnly && (frame.repairs & ~allowedByJson) !== 0) {
      this.#sawRefused = true;
      own = ranks.nothing;
    }
    if (own === ranks.nothing || (frame.best !== undefined && frame.best.rank > own)) return frame.best;
    return {
      start: frame.start,
      end,
      rank: isUnclosed ? Math.min(own, ranks.repaired) : own,
      firstItem: frame.firstItem,
      endItem: this.#items.length,
      repairs: frame.repairs,
    };
  }

  #take({ firstItem, endItem, ...found }: Candidate): FoundArray {
    return { ...found, items: this.#items.slice(firstItem, endItem) };
  }
}

/** Repairs after which an array is still JSON as it stands. */
export const allowedByJson = repairBits.nested | repairBits['other-value'] | repairBits.split | repairBits.spelling | repairBits.repeated;

function rank({ quotedLabels, bareLabels, unknownStrings, prose, otherValues }: Tally): number {
  if (prose > 0) return quotedLabels + bareLabels > 0 ? ranks.strings : ranks.nothing;
  if (quotedLabels > 0) return ranks.answer;
  if (bareLabels > 0) return ranks.bare;
  if (unknownStrings > 0) return ranks.strings;
  return otherValues > 0 ? ranks.nothing : ranks.answer;
}

function addTally(to: Tally, from: Tally): void {
  to.quotedLabels += from.quotedLabels;
  to.bareLabels += from.bareLabels;
  to.unknownStrings += from.unknownStrings;
  to.prose += from.prose;
  to.otherValues += from.otherValues;
}
