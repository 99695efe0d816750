import type { Span } from './parse-labels.ts';

// The wording of mmhs's own instructions (and of the Python original's): an answer that holds both repeats the prompt.
const instructionStart = 'selected ONLY from this list:';
const instructionEnd = 'Do not include any text outside JSON.';

/** Whether mmhs's own instructions begin in the text. */
export function repeatsInstructions(text: string): boolean {
  return text.includes(instructionStart);
}

const assistantHeader = /(?:^|[\n>])[ \t]*assistant[ \t]*(?::|\n|$)/gi;

/** The parts of a text in which the answer may stand, in the order they are to be searched. */
export function answerRegions(text: string, prompt?: string): { readonly regions: Span[]; readonly isEchoed: boolean } {
  const whole = { start: 0, end: text.length };
  const echo = findEcho(text, prompt);
  if (echo === undefined) return { regions: [whole], isEchoed: false };
  const before = { start: 0, end: echo.start };
  const after = { start: afterHeader(text, echo.end), end: text.length };
  return { regions: [before, after], isEchoed: true };
}

function findEcho(text: string, prompt: string | undefined): Span | undefined {
  const given = prompt === undefined || prompt === '' ? -1 : text.lastIndexOf(prompt);
  if (given >= 0) return { start: given, end: given + prompt!.length };
  const start = text.indexOf(instructionStart);
  if (start < 0) return undefined;
  const end = text.lastIndexOf(instructionEnd);
  if (end < start || isJsonArray(text)) return undefined; // an array may quote the instructions
  return { start, end: end + instructionEnd.length };
}

/** The post itself follows the instructions and may hold brackets; the answer comes after the assistant's header. */
function afterHeader(text: string, start: number): number {
  let answer = start;
  for (const match of text.slice(start).matchAll(assistantHeader)) answer = start + match.index + match[0].length;
  return answer;
}

function isJsonArray(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
