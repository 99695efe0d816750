import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Sample } from '@mmhs/core';

/** What tells posts of the same identifier apart: 12 hexadecimal digits of the SHA-256 of the text and the picture's file name. */
export function postHash({ text, imagePath }: Pick<Sample, 'text' | 'imagePath'>): string {
  const picture = imagePath === undefined ? null : basename(imagePath);
  return createHash('sha256').update(JSON.stringify([text, picture])).digest('hex').slice(0, 12);
}
