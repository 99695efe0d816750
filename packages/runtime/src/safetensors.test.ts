import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors, type RawTensor } from './safetensors.ts';
import { writeSafetensors } from './write-safetensors.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-safetensors-'));
});
afterAll(async () => rm(folder, { recursive: true }));

/** Writes a file with this header text and this many tensor bytes. */
async function fileWith(header: string, dataBytes = 0): Promise<string> {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  const path = join(folder, 'made.safetensors');
  await writeFile(path, Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]));
  return path;
}

describe('openSafetensors', () => {
  it('reads float32, float16 and bfloat16 bit-exactly as float32', async () => {
    const file = await openSafetensors({ path: fixture('mixed.safetensors') });
    const expected = JSON.parse(await readFile(fixture('mixed.json'), 'utf8')) as Record<string, number[]>;
    expect(Object.keys(expected)).toHaveLength(7);
    for (const [name, bits] of Object.entries(expected)) {
      const { data } = await file.readFloat32(name);
      expect([...new Uint32Array(data.buffer, 0, data.length)], name).toEqual(bits);
    }
    expect(file.metadata).toEqual({ format: 'pt' });
  });

  it('reads shapes, scalars and empty tensors', async () => {
    const file = await openSafetensors({ path: fixture('mixed.safetensors') });
    expect(await file.readFloat32('scalar')).toEqual({ type: 'float32', shape: [], data: Float32Array.of(42) });
    expect(await file.readFloat32('nothing')).toEqual({ type: 'float32', shape: [0, 4], data: new Float32Array(0) });
    expect(file.tensors.get('small_ids')).toMatchObject({ dtype: 'I32', shape: [2, 1] });
  });

  it('names the tensor it does not have or cannot widen', async () => {
    const file = await openSafetensors({ path: fixture('mixed.safetensors') });
    await expect(file.readFloat32('nowhere')).rejects.toThrow(/nowhere/);
    await expect(file.readFloat32('ids')).rejects.toThrow(/ids.*I64.*F32/);
    await expect(openSafetensors({ path: join(folder, 'absent') })).rejects.toMatchObject({ code: 'MMHS_FILE_UNREADABLE' });
  });

  it.each([
    ['not JSON', '{', 0, /not JSON/],
    ['an array', '[]', 0, /not an object/],
    ['an unknown type', '{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}', 4, /a: .*F99/],
    ['a negative size', '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4, /shape \[-1\]/],
    ['an overflowing size', '{"a":{"dtype":"F32","shape":[9007199254740991,4],"data_offsets":[0,4]}}', 4, /4 bytes/],
    ['reversed offsets', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}', 1, /data_offsets/],
    ['a size that does not fit', '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4, /8 bytes for F32 \[2\]/],
    ['a gap', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2, /a gap/],
    [
      'an overlap',
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
      3,
      /b: .*overlap/,
    ],
    ['a short file', '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 1, /download complete/],
    ['a long file', '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 3, /bytes/],
    ['metadata that is no string', '{"__metadata__":{"n":1}}', 0, /metadata n: 1/],
  ])('refuses %s', async (_, header, dataBytes, message) => {
    const path = await fileWith(header, dataBytes);
    await expect(openSafetensors({ path })).rejects.toThrow(message);
    await expect(openSafetensors({ path })).rejects.toMatchObject({ code: 'MMHS_SAFETENSORS_INVALID' });
  });

  it('refuses a header length beyond the limit or the file before reading it', async () => {
    const path = join(folder, 'long.safetensors');
    await writeFile(path, Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 123, 125]));
    await expect(openSafetensors({ path })).rejects.toThrow(/at most 100000000/);
    await writeFile(path, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 123, 125]));
    await expect(openSafetensors({ path })).rejects.toThrow(/inside the file/);
    await writeFile(path, Buffer.from([2, 0]));
    await expect(openSafetensors({ path })).rejects.toThrow(/header length/);
  });
});

describe('writeSafetensors', () => {
  it.each(['mixed.safetensors', 'plain.safetensors'])('rewrites %s byte for byte as the Python library', async (name) => {
    const source = await openSafetensors({ path: fixture(name) });
    const tensors = new Map<string, RawTensor>();
    for (const tensor of [...source.tensors.keys()].reverse()) tensors.set(tensor, await source.readRaw(tensor));
    const path = join(folder, 'copy.safetensors');
    const hasMetadata = Object.keys(source.metadata).length > 0;
    await writeSafetensors({ path, tensors, ...(hasMetadata ? { metadata: source.metadata } : {}) });
    expect((await readFile(path)).equals(await readFile(fixture(name)))).toBe(true);
  });

  it('gives back what was written, views into larger buffers included', async () => {
    const path = join(folder, 'property.safetensors');
    const tensor = fc.float32Array({ maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), tensor, { maxKeys: 4 }), async (arrays) => {
        const entries = Object.entries(arrays).filter(([name]) => name !== '__metadata__');
        const tensors = new Map(
          entries.map(([name, values]) => {
            const padded = Float32Array.of(9, ...values, 9).subarray(1, -1);
            return [name, { type: 'float32', shape: [values.length], data: padded } as const];
          }),
        );
        await writeSafetensors({ path, tensors });
        const file = await openSafetensors({ path });
        expect(file.tensors.size).toBe(tensors.size);
        for (const [name, { data }] of tensors) expect((await file.readFloat32(name)).data).toEqual(Float32Array.from(data));
      }),
      { numRuns: 25 },
    );
  });

  it('leaves neither a new file nor a temporary one when it fails', async () => {
    const path = join(folder, 'absent-folder', 'x.safetensors');
    const bad = { a: { type: 'float32', shape: [3], data: new Float32Array(2) } } as const;
    await expect(writeSafetensors({ path: join(folder, 'bad.safetensors'), tensors: bad })).rejects.toThrow(/a: .*8 bytes/);
    await expect(writeSafetensors({ path, tensors: {} })).rejects.toThrow();
    expect((await readdir(folder)).filter((name) => name.includes('tmp') || name.includes('bad'))).toEqual([]);
  });
});
