import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@mmhs/images';
import { describe, expect, it } from 'vitest';
import { encodePng } from './encode-png.ts';
import { loadThumbnails } from './load-thumbnails.ts';

const picture = join(import.meta.dirname, '../../../../data/demo/images/test-002.png');

describe('thumbnails', () => {
  it('are PNG files that show the same pixels', async () => {
    const data = Uint8Array.from({ length: 5 * 3 * 3 }, (_, index) => (index * 37) % 256);
    const bytes = encodePng({ width: 5, height: 3, data });
    expect(await decodeImage({ bytes })).toEqual({ width: 5, height: 3, data });
  });

  it('are small, and those of unreadable pictures are left out', async () => {
    const wide = encodePng({ width: 800, height: 200, data: new Uint8Array(800 * 200 * 3).fill(7) });
    const path = join(tmpdir(), `mmhs-wide-${process.pid}.png`);
    await writeFile(path, wide);
    const thumbnails = await loadThumbnails({ paths: [picture, path, '/absent.png', picture], signal: new AbortController().signal });
    await rm(path);
    expect([...thumbnails.keys()]).toEqual([picture, path, '/absent.png']);
    expect(thumbnails.get('/absent.png')).toBeUndefined();
    const bytes = Buffer.from(thumbnails.get(path)?.split(',')[1] ?? '', 'base64');
    expect(await decodeImage({ bytes })).toMatchObject({ width: 192, height: 48 });
  });
});
