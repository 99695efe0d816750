import type { LabelSet } from '@mmhs/core';

/** Labels of a cell as they stand there, or why they could not be read. @internal */
export type LabelCell =
  | { readonly ok: true; readonly labels: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/** The label that 1 stands for in a 0/1 column, as in Hateful Memes. @internal */
export const binaryLabel = 'harmful';

/**
 * Reads a label cell: a comma list, a JSON array, a Python list or tuple, an array of strings, or 0/1 for one label
 * named `harmful`. Missing and empty mean no label. A cell that is exactly a known label is that label, whatever it holds.
 *
 * @internal
 */
export function parseLabelCell(value: unknown, labelSet: LabelSet | undefined): LabelCell {
  if (value === undefined || value === null || value === '') return none;
  if (Array.isArray(value)) return labelsFromArray(value);
  if (typeof value === 'boolean') return value ? harmful : none;
  if (typeof value === 'number') return parseText(String(value), labelSet);
  if (typeof value === 'string') return parseText(value.trim(), labelSet);
  return { ok: false, reason: 'neither a list nor a text nor 0 or 1' };
}

const none: LabelCell = { ok: true, labels: [] };
const harmful: LabelCell = { ok: true, labels: [binaryLabel] };

function parseText(text: string, labelSet: LabelSet | undefined): LabelCell {
  if (text === '') return none;
  if (labelSet?.includes(text) === true) return { ok: true, labels: [text] };
  // Data frames with a missing value elsewhere in the column write 0.0 and 1.0.
  if (text === '0' || text === '0.0') return none;
  if (text === '1' || text === '1.0') return harmful;
  if (text.startsWith('[')) return parseJsonArray(text) ?? parsePythonList(text, ']');
  if (text.startsWith('(')) {
    const tuple = parsePythonList(text, ')');
    if (tuple.ok) return tuple;
  }
  return { ok: true, labels: text.split(',').map((label) => label.trim()).filter((label) => label !== '') };
}

function labelsFromArray(value: readonly unknown[]): LabelCell {
  if (value.every((label) => typeof label === 'string')) return { ok: true, labels: value };
  return { ok: false, reason: 'an array that holds something other than strings' };
}

function parseJsonArray(text: string): LabelCell | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? labelsFromArray(value) : undefined;
  } catch {
    return undefined;
  }
}

const pythonString = /\s*(?:'((?:[^'\\]|\\[^])*)'|"((?:[^"\\]|\\[^])*)")\s*/y;

function parsePythonList(text: string, closing: ']' | ')'): LabelCell {
  const labels: string[] = [];
  let position = 1;
  while (true) {
    const rest = text.slice(position).trim();
    if (rest === closing) return { ok: true, labels };
    pythonString.lastIndex = position;
    const match = pythonString.exec(text);
    if (match === null) return { ok: false, reason: `no list of strings from character ${position + 1} on` };
    labels.push(unescapePython(match[1] ?? match[2] ?? ''));
    position = pythonString.lastIndex;
    if (text[position] === ',') position += 1;
    else if (text[position] !== closing) return { ok: false, reason: `no comma at character ${position + 1}` };
  }
}

const pythonEscapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescapePython(text: string): string {
  const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g;
  return text.replace(escape, (_, byte?: string, short?: string, long?: string, letter?: string) => {
    const code = byte ?? short ?? long;
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    return pythonEscapes[letter ?? ''] ?? letter ?? '';
  });
}
