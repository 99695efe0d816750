import { MmhsError, type LabelSet } from '@mmhs/core';

/** All answers a model may give: the canonical arrays of a label set as the tokens that training taught. */
export interface AnswerLanguage {
  readonly labelSet: LabelSet;
  /** Token ids of the canonical answer with these labels, its end token last. */
  readonly encode: (labels: readonly string[]) => readonly number[];
}

/** One answer. */
export interface Answer {
  /** Places of its labels in the label set, ascending. */
  readonly labels: readonly number[];
  /** Its tokens, the end token last. */
  readonly tokens: readonly number[];
}

/** A place in the trie of all answers' tokens. */
export interface TrieNode {
  /** The token that leads here; -1 at the root. */
  readonly token: number;
  /** Tokens up to here. */
  readonly depth: number;
  readonly parent: TrieNode | undefined;
  /** Whether the token that leads here settles which label is next, or that there is none. */
  readonly settles: boolean;
  /** The answer, when only one goes through here. */
  readonly only: Answer | undefined;
  /** Labels that all answers through here begin with. */
  readonly labels: readonly number[];
  /** Where the next token leads, by token id; none after an answer's last token. */
  children(): readonly TrieNode[];
}

/** Up to this many labels all answers are tokenised at once: 256. */
const labelsTokenisedAtOnce = 8;

/** Further labels looked at where answers are tokenised as needed: tokens of a label can depend on what follows it, not on more. */
const lookahead = 2;

/**
 * The trie of all answers, whole arrays tokenised as training tokenised them. Large label sets are tokenised where the trie is
 * walked, so that 22 labels with four million answers cost no more than the answers that are looked at.
 *
 * @throws MmhsError `MMHS_LABEL_LANGUAGE` when two labels (or arrays) are the same tokens; later, when one array begins with another.
 */
export function createLabelTrie(language: AnswerLanguage): TrieNode {
  const { labelSet } = language;
  const known = new Map<string, Answer>();
  const answer = (labels: readonly number[]): Answer => {
    const key = labels.join();
    const found = known.get(key) ?? { labels, tokens: language.encode(labels.map((label) => labelSet[label] as string)) };
    known.set(key, found);
    return found;
  };
  const further = labelSet.length <= labelsTokenisedAtOnce ? labelSet.length : lookahead;
  const candidates = (base: readonly number[]): Answer[] =>
    continuations(base, labelSet.length, further).map(answer);
  const first = candidates([]);
  checkDistinct(first, labelSet);
  return makeNode({ token: -1, depth: 0, parent: undefined, path: [], base: [], candidates: first }, candidates);
}

/** Labels that differ only in how Unicode spells a character are the same to a tokenizer that normalises text. */
function checkDistinct(answers: readonly Answer[], labelSet: LabelSet): void {
  const seen = new Map<string, Answer>();
  // The shortest say best which labels are meant.
  for (const answer of answers.toSorted((a, b) => a.labels.length - b.labels.length)) {
    const tokens = answer.tokens.join();
    const same = seen.get(tokens);
    if (same !== undefined) {
      throw new MmhsError('MMHS_LABEL_LANGUAGE', 'Two label arrays are the same to the tokenizer', {
        got: [same, answer].map(({ labels }) => `[${labels.map((label) => inAscii(labelSet[label] as string)).join(', ')}]`).join(' and '),
        expected: 'labels that differ in their tokens',
        fix: 'remove or rename one of them',
      });
    }
    seen.set(tokens, answer);
  }
}

/** A JSON string in which characters that look alike differ. */
function inAscii(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

interface NodeParts {
  readonly token: number;
  readonly depth: number;
  readonly parent: TrieNode | undefined;
  readonly path: readonly number[];
  /** Labels that the candidates continue. */
  readonly base: readonly number[];
  /** Answers through here, as far as they are looked at. */
  readonly candidates: readonly Answer[];
}

type Candidates = (base: readonly number[]) => readonly Answer[];

function makeNode(given: NodeParts, candidatesOf: Candidates): TrieNode {
  const { token, depth, parent } = given;
  // Looking further is left to those who ask: most nodes are passed by.
  let looked: NodeParts | undefined;
  let made: readonly TrieNode[] | undefined;
  const parts = (): NodeParts => (looked ??= lookFurther(given, candidatesOf));
  return {
    token,
    depth,
    parent,
    settles: given.candidates.length === 1 || commonLabels(given.candidates).length > given.base.length,
    get only() {
      const { candidates } = parts();
      return candidates.length === 1 ? candidates[0] : undefined;
    },
    get labels() {
      return parts().base;
    },
    children() {
      const { base, path, candidates } = parts();
      made ??= groupByToken(candidates, depth).map(([next, through]) => makeNode(
        { token: next, depth: depth + 1, parent: this, path: [...path, next], base, candidates: through }, candidatesOf));
      return made;
    },
  };
}

/** Where all candidates have more labels in common than those they continue, looks at what continues these. */
function lookFurther(parts: NodeParts, candidatesOf: Candidates): NodeParts {
  const base = commonLabels(parts.candidates);
  if (base.length === parts.base.length) return parts;
  const candidates = candidatesOf(base).filter(({ tokens }) => parts.path.every((token, index) => tokens[index] === token));
  return lookFurther({ ...parts, base, candidates }, candidatesOf);
}

/** The labels alone, and with up to `further` of those after them. */
function continuations(base: readonly number[], count: number, further: number): number[][] {
  const found: number[][] = [];
  const extend = (labels: number[], left: number): void => {
    found.push(labels);
    if (left === 0) return;
    for (let next = (labels.at(-1) ?? -1) + 1; next < count; next += 1) extend([...labels, next], left - 1);
  };
  extend([...base], further);
  return found;
}

function commonLabels(candidates: readonly Answer[]): readonly number[] {
  const [first = { labels: [] as readonly number[] }, ...others] = candidates;
  let length = first.labels.length;
  for (const { labels } of others) {
    let common = 0;
    while (common < length && labels[common] === first.labels[common]) common += 1;
    length = common;
  }
  return first.labels.slice(0, length);
}

function groupByToken(candidates: readonly Answer[], depth: number): [token: number, through: readonly Answer[]][] {
  const groups = new Map<number, Answer[]>();
  for (const candidate of candidates) {
    const token = candidate.tokens[depth];
    if (token === undefined) {
      if (candidates.length === 1) return [];
      throw new MmhsError('MMHS_LABEL_LANGUAGE', 'Two label arrays cannot be told apart by their tokens', {
        got: candidates.slice(0, 2).map(({ labels }) => `labels ${labels.join(', ')}`).join(' and '),
        expected: 'arrays of which none begins with another',
      });
    }
    const group = groups.get(token);
    if (group === undefined) groups.set(token, [candidate]);
    else group.push(candidate);
  }
  return [...groups].sort(([a], [b]) => a - b);
}
