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
  if (tiffStarts.includes(text(0, 4))) return 'tiff';
  if (text(4, 8) === 'ftyp' && hasAvifBrand(bytes)) return 'avif';
  return undefined;
}

/** Either byte order, classic or with 64-bit offsets. */
const tiffStarts: readonly string[] = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];

/** Whether the brands at the start of the file, the main one or one it is compatible with, name AVIF. */
function hasAvifBrand(bytes: Uint8Array): boolean {
  const length = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length, 256);
  const brands = String.fromCharCode(...bytes.subarray(8, length)).match(/.{4}/gsu) ?? [];
  return brands.some((brand) => brand === 'avif' || brand === 'avis');
}
