import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { MmhsError } from '@mmhs/core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { fixturePath, readImages, readJson } from './__fixtures__/fixtures.ts';
import { plainGif } from './__fixtures__/plain-gif.ts';
import { plainTiff } from './__fixtures__/plain-tiff.ts';
import { decodeImage, type DecodeOptions } from './decode.ts';

/** Pixels after Pillow's open, exif_transpose and convert('RGB'). */
const expected = readImages('decoded.safetensors');

/** A small file of 16 million pixels, which take libvips far longer than the tests wait. */
const slowPicture = sharp({ create: { width: 4000, height: 4000, channels: 3, background: 'black' } }).png().toBuffer();

async function failure(options: DecodeOptions): Promise<MmhsError> {
  const error: unknown = await decodeImage(options).catch((reason: unknown) => reason);
  if (MmhsError.isInstance(error)) return error;
  throw new Error('decodeImage did not throw an MmhsError');
}

describe('decodeImage', () => {
  it.each(readJson<{ image: string; note: string; tensor: string }[]>('decoded.json'))(
    'gives the pixels that Pillow gives for $image: $note',
    async ({ image, tensor }) => {
      const decoded = await decodeImage({ path: fixturePath(image) });
      const { width, height, data } = expected.get(tensor)!;
      expect([decoded.width, decoded.height]).toEqual([width, height]);
      expect(Buffer.compare(decoded.data, data)).toBe(0);
    },
  );

  it.each(readJson<{ image: string; note: string; size: [number, number]; sha256: string }[]>('decoded-more.json'))(
    'gives the pixels that Pillow gives for $image: $note',
    async ({ image, size, sha256 }) => {
      const decoded = await decodeImage({ path: fixturePath(image) });
      expect([decoded.width, decoded.height]).toEqual(size);
      expect(createHash('sha256').update(decoded.data).digest('hex')).toBe(sha256);
    },
  );

  it('reads AVIF: a lossless copy has the pixels of its source', async () => {
    const { width, height, data } = expected.get('gray.png')!;
    const encoder = sharp(data, { raw: { width, height, channels: 3 } });
    const bytes = await encoder.avif({ lossless: true, chromaSubsampling: '4:4:4', effort: 0 }).toBuffer();
    const decoded = await decodeImage({ bytes });
    expect([decoded.width, decoded.height, Buffer.compare(decoded.data, data)]).toEqual([width, height, 0]);
  });

  it('gives the same for bytes as for a path', async () => {
    const path = fixturePath('photo_b_q90.jpg');
    const [one, other] = [await decodeImage({ bytes: readFileSync(path) }), await decodeImage({ path })];
    expect([one.width, one.height, Buffer.compare(one.data, other.data)]).toEqual([other.width, other.height, 0]);
  });

  it.each([
    ['truncated.jpg', 'MMHS_IMAGE_CORRUPT'],
    ['truncated.gif', 'MMHS_IMAGE_CORRUPT'],
    ['png_header_only.png', 'MMHS_IMAGE_CORRUPT'],
    ['bomb_60000x60000.png', 'MMHS_IMAGE_TOO_LARGE'],
    ['text.jpg', 'MMHS_IMAGE_FORMAT'],
    ['zero_bytes.jpg', 'MMHS_IMAGE_FORMAT'],
    ['absent.jpg', 'MMHS_IMAGE_UNREADABLE'],
  ])('refuses %s with %s and names the file', async (name, code) => {
    const error = await failure({ path: fixturePath(`bad/${name}`) });
    expect(error.code).toBe(code);
    expect(error.details.where).toBe(fixturePath(`bad/${name}`));
  });

  it('refuses every picture that is cut in half, whatever its format', async () => {
    for (const name of ['photo_a.png', 'photo_b_q90.jpg', 'photo_c_q35_progressive.jpg', 'photo.webp', 'lzw.tif']) {
      const bytes = readFileSync(fixturePath(name));
      const error = await failure({ bytes: bytes.subarray(0, bytes.length / 2), name });
      expect([name, error.code]).toEqual([name, 'MMHS_IMAGE_CORRUPT']);
    }
  });

  it('refuses a TIFF that ends before its pixels, wherever that is', async () => {
    const pixels = Uint8Array.from({ length: 16 * 12 }, (_, index) => index);
    const whole = plainTiff(16, 12, pixels);
    const { width, height, data } = await decodeImage({ bytes: whole });
    expect([width, height, [...data.filter((_, index) => index % 3 === 0)]]).toEqual([16, 12, [...pixels]]);
    for (let length = 130; length < whole.length; length += 10) {
      expect([length, (await failure({ bytes: whole.subarray(0, length) })).code]).toEqual([length, 'MMHS_IMAGE_CORRUPT']);
    }
  });

  it('never gives a picture to the decoder that is none of the six formats, such as vector graphics', async () => {
    const bytes = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const error = await failure({ bytes, name: 'post.svg' });
    expect([error.code, error.details.where]).toEqual(['MMHS_IMAGE_FORMAT', 'post.svg']);
  });

  it('keeps to the limits it is given, and says what they are', async () => {
    const path = fixturePath('photo_a.png');
    const pixels = await failure({ path, limits: { maxPixels: 120 * 90 - 1 } });
    expect([pixels.code, pixels.details.got]).toEqual(['MMHS_IMAGE_TOO_LARGE', '120 x 90 pixels']);
    const bytes = await failure({ path, limits: { maxBytes: 23_891 } });
    expect([bytes.code, bytes.details.got]).toEqual(['MMHS_IMAGE_TOO_LARGE', '23892 bytes']);
    const decoded = await decodeImage({ path, limits: { maxPixels: 120 * 90, maxBytes: 23_892 } });
    expect([decoded.width, decoded.height]).toEqual([120, 90]);
  });

  it('stops with the reason of an aborted signal, before or while it works', async () => {
    const reason = new Error('enough');
    const options = { path: fixturePath('photo_a.png'), signal: AbortSignal.abort(reason) };
    await expect(decodeImage(options)).rejects.toBe(reason);
    const controller = new AbortController();
    const decoding = decodeImage({ bytes: await slowPicture, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(decoding).rejects.toBe(reason);
  });

  it('gives up when the time limit has passed, and says so', async () => {
    const limits = { maxMilliseconds: 10 };
    const error = await failure({ bytes: await slowPicture, name: 'slow.png', limits });
    expect([error.code, error.details.where]).toEqual(['MMHS_IMAGE_TOO_SLOW', 'slow.png']);
    expect((await failure({ path: fixturePath('t.gif'), limits: { maxMilliseconds: 0 } })).code).toBe('MMHS_IMAGE_TOO_SLOW');
    const unlimited = { maxMilliseconds: Number.POSITIVE_INFINITY, maxPixels: Number.POSITIVE_INFINITY };
    expect((await decodeImage({ path: fixturePath('photo_a.png'), limits: unlimited })).width).toBe(120);
  });

  it('gives up on a GIF, which it decodes itself, when the time limit has passed', async () => {
    const error = await failure({ bytes: plainGif({ width: 4000, height: 3000 }), limits: { maxMilliseconds: 1 } });
    expect(error.code).toBe('MMHS_IMAGE_TOO_SLOW');
  });

  it.each([
    ['a folder', fixturePath('bad')],
    ['a device without end', '/dev/zero'],
    ['a file that is not there', fixturePath('absent.jpg')],
  ])('refuses %s as unreadable', async (_, path) => {
    expect((await failure({ path })).code).toBe('MMHS_IMAGE_UNREADABLE');
  });
});
