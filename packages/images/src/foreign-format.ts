import { MmhsError } from '@mmhs/core';

interface ForeignFormat {
  readonly name: string;
  readonly starts: (start: string) => boolean;
  /** Why it is not read, and what to do about it. */
  readonly fix: string;
}

const convert = 'convert it to JPEG, PNG or WebP';
const noReader = `libvips, the decoder, is built without a reader for it; ${convert}`;
const notAPicture = 'fetch the picture again, or leave the post out';

/** By the first 64 bytes, one character each. */
const foreignFormats: readonly ForeignFormat[] = [
  { name: 'a BMP picture', starts: (start) => /^BM.{4}\0{4}/su.test(start), fix: noReader },
  {
    name: 'a HEIC picture',
    starts: (start) => /^.{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)/su.test(start),
    fix: `sharp's builds leave out its compression, HEVC, for its patents; ${convert}`,
  },
  { name: 'a JPEG XL picture', starts: (start) => /^(?:\xff\x0a|\0\0\0\x0cJXL )/u.test(start), fix: noReader },
  { name: 'a JPEG 2000 picture', starts: (start) => /^(?:\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/u.test(start), fix: noReader },
  { name: 'an icon', starts: (start) => start.startsWith('\0\0\x01\0'), fix: noReader },
  { name: 'a Photoshop picture', starts: (start) => start.startsWith('8BPS'), fix: noReader },
  { name: 'a video', starts: (start) => /^(?:.{4}ftyp|\x1a\x45\xdf\xa3|RIFF.{4}AVI )/su.test(start), fix: 'take a frame of it' },
  { name: 'a PDF document', starts: (start) => start.startsWith('%PDF'), fix: `make a picture of the page you mean` },
  {
    name: 'a vector graphic',
    starts: (start) => /^(?:\xef\xbb\xbf)?\s*(?:<\?xml|<svg)/iu.test(start),
    fix: 'it could be made to take for ever to draw; convert it to PNG',
  },
  { name: 'a web page', starts: (start) => /^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body)/iu.test(start), fix: notAPicture },
  { name: 'a pointer of Git LFS', starts: (start) => start.startsWith('version https://git-lfs'), fix: 'run git lfs pull' },
  { name: 'an empty file', starts: (start) => start === '', fix: notAPicture },
  { name: 'an archive', starts: (start) => /^(?:PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!)/u.test(start), fix: 'unpack it first' },
];

/** The error for a file that is none of the formats this package reads: says what it is, if that can be told, and why not. */
export function unknownFormat(bytes: Uint8Array, where: string): MmhsError {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  const known = foreignFormats.find(({ starts }) => starts(start));
  const hex = Buffer.from(bytes.subarray(0, 8)).toString('hex').replaceAll(/(..)(?=.)/gu, '$1 ');
  return new MmhsError('MMHS_IMAGE_FORMAT', 'The file is not a picture this package reads', {
    where,
    got: known?.name ?? `a file that starts with ${hex}`,
    expected: 'JPEG, PNG, GIF, WebP, TIFF or AVIF',
    fix: known?.fix ?? 'convert the picture, or leave the post out',
  });
}
