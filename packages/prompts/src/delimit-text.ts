import { postEnd, postStart } from './build-prompt.ts';

/**
 * Puts a post's text between the markers that a prompt with `userText: 'delimited'` announces.
 *
 * Markers inside the text, in any case, get a zero-width space after their opening bracket, so that a post cannot close
 * its own frame. The empty text stays empty.
 */
export function delimitText(text: string): string {
  if (text === '') return '';
  const harmless = text.replace(/\[(?=\/?post\])/gi, '[\u200b');
  return `${postStart}\n${harmless}\n${postEnd}`;
}
