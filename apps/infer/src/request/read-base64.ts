import { MmhsError } from '@mmhs/core';

/**
 * Decodes base64 strictly: the standard alphabet, whole groups of four, padded; line breaks and a `data:` URL's head are
 * allowed. (Node's own decoder skips what it does not know.)
 *
 * @throws MmhsError `MMHS_REQUEST_BASE64` naming the first wrong character.
 */
export function readBase64(text: string, where: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/^\s*data:[^,]{0,100};base64,/iu, '').replace(/\s+/gu, '');
  const wrong = /[^A-Za-z0-9+/=]|=(?=[^=])/u.exec(digits);
  const fail = (got: string): never => {
    throw new MmhsError('MMHS_REQUEST_BASE64', 'The picture is not in base64', {
      where, got, expected: 'A-Z, a-z, 0-9, + and / in groups of four, the last one padded with =', fix: 'encode the bytes of the file as they are, in the standard alphabet with + and / (not - and _)',
    });
  };
  if (digits === '') fail('an empty text');
  if (/^\w+:\/\//u.test(digits)) fail('an address, from which nothing is fetched');
  if (wrong !== null) fail(`${JSON.stringify(wrong[0])} at character ${wrong.index + 1}`);
  if (digits.length % 4 !== 0 || digits.endsWith('===')) fail(`${digits.length} characters`);
  return new Uint8Array(Buffer.from(digits, 'base64'));
}
