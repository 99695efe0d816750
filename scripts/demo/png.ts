import { crc32, deflateSync } from 'node:zlib';
import type { RgbImage } from '@mmhs/core';

/** Encodes a picture as an 8-bit RGB PNG file (https://www.w3.org/TR/png-3/). */
export function encodePng(image: RgbImage): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(image.width, 0);
  header.writeUInt32BE(image.height, 4);
  // 8 bits a channel, colour type RGB, and the only compression, filter and interlace methods there are.
  header.set([8, 2, 0, 0, 0], 8);
  const rowBytes = image.width * 3;
  const lines = Buffer.alloc((rowBytes + 1) * image.height);
  for (let row = 0; row < image.height; row += 1) {
    // The first byte of a line names its filter; 0 is none, which deflate handles best in flat drawings.
    lines.set(image.data.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1);
  }
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const pixels = deflateSync(lines, { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
