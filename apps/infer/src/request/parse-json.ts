import { MmhsError } from '@mmhs/core';

/**
 * Parses UTF-8 bytes as JSON; a byte order mark is passed over.
 *
 * @throws MmhsError `MMHS_REQUEST_JSON` saying where it stops being JSON.
 */
export function parseJson(bytes: Uint8Array, where: string): unknown {
  const text = decodeText(bytes);
  if (text === undefined) throw notJson(where, 'bytes that are not UTF-8', 'UTF-8');
  if (text.trim() === '') throw notJson(where, 'nothing', 'a JSON object');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notJson(where, (error as Error).message, 'a JSON object', isLines(text) ? linesFix : undefined);
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const linesFix = 'send several posts, one a line, as application/jsonlines';

/** Whether the first of several lines is JSON by itself. */
function isLines(text: string): boolean {
  const [first = '', second = ''] = text.trim().split('\n', 2);
  try {
    return second !== '' && typeof JSON.parse(first) === 'object';
  } catch {
    return false;
  }
}

function notJson(where: string, got: string, expected: string, fix?: string): MmhsError {
  return new MmhsError('MMHS_REQUEST_JSON', 'The post is not JSON', { where, got, expected, ...(fix !== undefined && { fix }) });
}
