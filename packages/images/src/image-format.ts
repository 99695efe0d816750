/** A picture format this package decodes. */
export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif';

/**
 * Tells a format by the first bytes of a file, as file names are often wrong; undefined for anything else.
 *
 * Nothing but these formats reaches the decoder: it would also render vector graphics, which can be made to take
 * arbitrarily long.
 */
export function detectImageFormat(bytes: Uint8Array): ImageFormat | undefined {
  const text = (start: number, end: number): string => String.fromCharCode(...bytes.subarray(start, end));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return 'gif';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (text(0, 4) === 'II*\0' || text(0, 4) === 'MM\0*') return 'tiff';
  if (text(4, 12) === 'ftypavif') return 'avif';
  return undefined;
}
