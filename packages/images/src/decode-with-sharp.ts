import { MmhsError, type RgbImage } from '@mmhs/core';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';

import { cmykToRgb } from './cmyk.ts';
import type { ImageFormat } from './image-format.ts';
import type { TimeKeeper } from './in-time.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { checkPixels } from './too-large.ts';

/** A picture for libvips to decode. */
export interface SharpDecodeOptions {
  readonly bytes: Uint8Array;
  readonly format: ImageFormat;
  readonly where: string;
  readonly maxPixels: number;
  readonly maxMilliseconds: number;
  readonly time: TimeKeeper;
}

type Header = Pick<Metadata, 'width' | 'height' | 'space' | 'depth'>;

/** Pillow's own measure: a file cut short is refused, other flaws are passed over. libvips tells a TIFF cut short as an error. */
function strict(format: ImageFormat): SharpOptions {
  return { failOn: format === 'tiff' ? 'error' : 'truncated', ignoreIcc: true, pages: 1 };
}

/** Decodes a picture in one of libvips' threads. */
export async function decodeWithSharp(options: SharpDecodeOptions): Promise<RgbImage> {
  const { bytes, format, where, maxPixels, maxMilliseconds, time } = options;
  const header = await readHeader(options);
  checkPixels(header, where, maxPixels);
  time.check();
  // The limit again, in case libvips sees another header than we do.
  const limitInputPixels = Number.isFinite(maxPixels) ? Math.floor(maxPixels) : false;
  const decoder = sharp(bytes, { ...strict(format), limitInputPixels }).autoOrient();
  // libvips looks at its clock now and then. The caller is told in time in any case; this frees the thread.
  const seconds = Math.ceil(maxMilliseconds / 1000);
  return decodePixels(seconds <= 3600 ? decoder.timeout({ seconds }) : decoder, header, where);
}

/** Reads the header alone. Its size is checked by the caller, whose error can name it. */
async function readHeader({ bytes, format }: SharpDecodeOptions): Promise<Header> {
  const jpeg = format === 'jpeg' ? readJpegHeader(bytes) : undefined;
  if (jpeg !== undefined) return { width: jpeg.width, height: jpeg.height, space: 'srgb', depth: 'uchar' };
  return sharp(bytes, { ...strict(format), limitInputPixels: false }).metadata();
}

async function decodePixels(decoder: Sharp, { space, depth }: Header, where: string): Promise<RgbImage> {
  if (space === 'cmyk') {
    const pipeline = decoder.pipelineColourspace('cmyk').toColourspace('cmyk').raw();
    const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: cmykToRgb(data) };
  }
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new MmhsError('MMHS_IMAGE_FORMAT', 'The picture has samples of an unusual type', {
      where,
      got: String(depth),
      expected: '8 or 16 bits a sample',
      fix: 'convert the picture to 8 bits a sample',
    });
  }
  const { data, info } = await decoder.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}
