import { MmhsError, type LabelSet, type PromptContent } from '@mmhs/core';
import { promptVersion, type Prompt } from './build-prompt.ts';
import { sha256 } from './sha256.ts';

/** What is stored beside an adapter, so that inference can prove it asks the way training did. */
export interface PromptRecord {
  /** SHA-256, in hexadecimal, of all other fields. */
  readonly fingerprint: string;
  readonly version: string;
  readonly system: string;
  readonly labelSet: LabelSet;
  readonly userText: string;
  /** What else shapes the tokens: the family, its chat template, image size, token limit. */
  readonly context: Readonly<Record<string, string>>;
}

/** A prompt and whatever else shapes its tokens. */
export interface PromptIdentity {
  readonly prompt: PromptContent & Partial<Pick<Prompt, 'version' | 'userText'>>;
  /** Further named facts, such as `{ family: 'smol', chatTemplate: '...' }`. @default {} */
  readonly context?: Readonly<Record<string, string>>;
}

/** Describes a prompt completely, with its fingerprint, as plain JSON to be stored with an adapter. */
export function recordPrompt({ prompt, context = {} }: PromptIdentity): PromptRecord {
  const content = {
    version: prompt.version ?? promptVersion,
    system: prompt.system,
    labelSet: [...prompt.labelSet],
    userText: prompt.userText ?? 'plain',
    context: sortKeys(context),
  };
  return { fingerprint: sha256(JSON.stringify(content)), ...content };
}

/**
 * Hashes everything that shapes a prompt: version, instruction, labels and their order, text style, context.
 *
 * @returns 64 hexadecimal digits (SHA-256 of a canonical JSON text); the same on every platform.
 */
export function promptFingerprint(identity: PromptIdentity): string {
  return recordPrompt(identity).fingerprint;
}

/**
 * Makes sure that the prompt in use is the one an adapter was trained with.
 *
 * @param options.stored - The record stored at training.
 * @param options.current - The prompt about to be used.
 * @param options.where - Where the record was read, for the message.
 * @throws MmhsError `MMHS_PROMPT_MISMATCH` naming the first differing field and showing both sides around the first
 * differing character, or `MMHS_PROMPT_RECORD` when the record contradicts its own fingerprint.
 */
export function checkFingerprint(options: {
  readonly stored: PromptRecord;
  readonly current: PromptIdentity;
  readonly where?: string;
}): void {
  const { stored, where = 'stored prompt' } = options;
  const current = recordPrompt(options.current);
  const difference = findDifference(flatten(stored), flatten(current));
  if (difference !== undefined) {
    throw new MmhsError('MMHS_PROMPT_MISMATCH', `The prompt differs from the one the adapter was trained with in ${difference.field}`, {
      where,
      got: `${difference.current} now`,
      expected: `${difference.stored} as in training`,
      fix: 'use the prompt and label list the adapter was trained with, or train again',
    });
  }
  if (stored.fingerprint !== current.fingerprint) {
    throw new MmhsError('MMHS_PROMPT_RECORD', 'The stored prompt does not match its own fingerprint', {
      where,
      got: stored.fingerprint,
      expected: current.fingerprint,
      fix: 'the record was edited by hand or damaged; restore it from the training run',
    });
  }
}

function flatten(record: PromptRecord): Map<string, string> {
  const fields = new Map([
    ['version', record.version],
    ['system', record.system],
    ['labelSet', JSON.stringify(record.labelSet)],
    ['userText', record.userText],
  ]);
  for (const [key, value] of Object.entries(record.context)) fields.set(`context.${key}`, value);
  return fields;
}

function findDifference(stored: Map<string, string>, current: Map<string, string>) {
  for (const field of new Set([...stored.keys(), ...current.keys()])) {
    const before = stored.get(field);
    const after = current.get(field);
    if (before === after) continue;
    const start = firstDifference(before ?? '', after ?? '');
    return { field, stored: excerpt(before, start), current: excerpt(after, start) };
  }
  return undefined;
}

function firstDifference(left: string, right: string): number {
  let index = 0;
  while (index < left.length && left[index] === right[index]) index += 1;
  return index;
}

// Enough to recognise the place, little enough for one line of an error message.
const charactersBefore = 20;
const charactersAfter = 40;

function excerpt(value: string | undefined, position: number): string {
  if (value === undefined) return 'nothing';
  const start = Math.max(0, position - charactersBefore);
  const end = Math.min(value.length, position + charactersAfter);
  return `${start > 0 ? '…' : ''}${JSON.stringify(value.slice(start, end))}${end < value.length ? '…' : ''}`;
}

function sortKeys(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
}
