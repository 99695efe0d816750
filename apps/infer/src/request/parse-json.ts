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
    throw notJson(where, (error as Error).message, 'a JSON object');
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function notJson(where: string, got: string, expected: string): MmhsError {
  return new MmhsError('MMHS_REQUEST_JSON', 'The post is not JSON', { where, got, expected });
}
