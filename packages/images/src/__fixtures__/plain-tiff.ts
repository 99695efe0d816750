/** An uncompressed grey TIFF whose directory stands before its pixels, as cameras and Pillow write it. */
export function plainTiff(width: number, height: number, pixels: Uint8Array): Buffer {
  const tags = [[256, width], [257, height], [258, 8], [259, 1], [262, 1], [273, 0], [277, 1], [278, height], [279, pixels.length]] as const;
  const place = 8 + 2 + 12 * tags.length + 4;
  const head = Buffer.alloc(place);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  tags.forEach(([tag, value], index) => {
    const at = 10 + 12 * index;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(4, at + 2); // 32 bits
    head.writeUInt32LE(1, at + 4);
    head.writeUInt32LE(tag === 273 ? place : value, at + 8);
  });
  return Buffer.concat([head, pixels]);
}
