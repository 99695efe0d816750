import type { RgbImage } from '@mmhs/core';

import type { TimeKeeper } from './in-time.ts';
import { decodeLzw } from './lzw.ts';

/** The first frame of a GIF and the screen it lies on, before its pixels are decompressed. */
export interface GifFrame {
  /** Size of the screen in pixels, the frame included. */
  readonly width: number;
  readonly height: number;
  /** Place of the frame on the screen. */
  readonly left: number;
  readonly top: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly interlaced: boolean;
  /** 256 colours, 3 bytes each. */
  readonly palette: Uint8Array;
  /** Colour index of the screen outside the frame. */
  readonly background: number;
  /** Bits of a colour index. */
  readonly codeSize: number;
  /** The compressed pixels. */
  readonly data: Uint8Array;
}

const extensionMarker = 0x21;
const imageMarker = 0x2c;
const endMarker = 0x3b;
const graphicControl = 0xf9;

/**
 * Finds the first frame of a GIF as Pillow does: a frame beyond the screen enlarges it, and where there is no frame the
 * screen has the transparent colour, or the first one.
 *
 * General decoders make transparent pixels black; Pillow shows the colours the file has for them.
 *
 * @throws Error when there is no frame, or it breaks off before its pixels.
 */
export function readGifFrame(bytes: Uint8Array): GifFrame {
  const reader = byteReader(bytes, 6);
  const screenWidth = reader.uint16();
  const screenHeight = reader.uint16();
  const flags = reader.byte();
  reader.skip(2);
  const globalPalette = readPalette(reader, flags);
  let background = 0;
  for (;;) {
    const marker = reader.byte();
    if (marker === endMarker) throw new Error('no frame');
    if (marker === extensionMarker) background = readTransparentIndex(reader) ?? background;
    if (marker !== imageMarker) continue;
    const [left, top, frameWidth, frameHeight] = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()];
    const frameFlags = reader.byte();
    const palette = readPalette(reader, frameFlags) ?? globalPalette ?? grayRamp();
    const width = Math.max(screenWidth, left + frameWidth);
    const height = Math.max(screenHeight, top + frameHeight);
    const codeSize = reader.byte();
    if (width === 0 || height === 0 || codeSize < 1 || codeSize > 8) throw new Error('impossible frame');
    const interlaced = (frameFlags & 0x40) !== 0;
    const data = reader.blocks();
    return { width, height, left, top, frameWidth, frameHeight, interlaced, palette, background, codeSize, data };
  }
}

/**
 * Decompresses a frame and paints it.
 *
 * @throws Error when the pixels break off or cannot be decompressed, or time has run out.
 */
export function paintGifFrame(frame: GifFrame, { check }: Pick<TimeKeeper, 'check'>): RgbImage {
  const { width, height, left, top, frameWidth, frameHeight, palette } = frame;
  const indices = decodeLzw({ data: frame.data, codeSize: frame.codeSize, length: frameWidth * frameHeight, check });
  const screen = new Uint8Array(width * height).fill(frame.background);
  for (const [stored, row] of rowOrder(frameHeight, frame.interlaced).entries()) {
    screen.set(indices.subarray(stored * frameWidth, (stored + 1) * frameWidth), (top + row) * width + left);
  }
  const data = new Uint8Array(screen.length * 3);
  for (let pixel = 0; pixel < screen.length; pixel += 1) {
    const color = screen[pixel]! * 3;
    data[pixel * 3] = palette[color]!;
    data[pixel * 3 + 1] = palette[color + 1]!;
    data[pixel * 3 + 2] = palette[color + 2]!;
  }
  return { width, height, data };
}

/** Where each stored row belongs. */
function rowOrder(height: number, interlaced: boolean): number[] {
  const passes = interlaced ? [[0, 8], [4, 8], [2, 4], [1, 2]] as const : [[0, 1]] as const;
  const rows: number[] = [];
  for (const [first, step] of passes) for (let row = first; row < height; row += step) rows.push(row);
  return rows;
}

function readTransparentIndex(reader: ByteReader): number | undefined {
  const label = reader.byte();
  const block = reader.blocks();
  return label === graphicControl && ((block[0] ?? 0) & 1) === 1 ? block[3] : undefined;
}

function readPalette(reader: ByteReader, flags: number): Uint8Array | undefined {
  if ((flags & 0x80) === 0) return undefined;
  const palette = grayRamp();
  palette.set(reader.bytes(3 * 2 ** ((flags & 7) + 1)));
  return palette;
}

/** What Pillow shows for colours that no palette names. */
function grayRamp(): Uint8Array {
  return Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3));
}

type ByteReader = ReturnType<typeof byteReader>;

function byteReader(source: Uint8Array, start: number) {
  let position = start;
  const bytes = (count: number): Uint8Array => {
    if (position + count > source.length) throw new Error('the file breaks off');
    position += count;
    return source.subarray(position - count, position);
  };
  const byte = (): number => bytes(1)[0]!;
  return {
    bytes,
    byte,
    uint16: (): number => byte() + 256 * byte(),
    skip: (count: number): void => void bytes(count),
    /** Joins data blocks up to the empty one that ends them, or to the end of the file. */
    blocks: (): Uint8Array => {
      const blocks: Uint8Array[] = [];
      while (position < source.length) {
        const length = byte();
        if (length === 0) break;
        blocks.push(bytes(Math.min(length, source.length - position)));
      }
      return Buffer.concat(blocks);
    },
  };
}
