import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { RgbImage } from '@mmhs/core';

/** Path of a fixture. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A JSON fixture. */
export function readJson<Value>(name: string): Value {
  return JSON.parse(readFileSync(fixturePath(name), 'utf8')) as Value;
}

/** The pictures `[height, width, 3]` of a safetensors fixture, by tensor name. */
export function readImages(name: string): ReadonlyMap<string, RgbImage> {
  const bytes = readFileSync(fixturePath(name));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString('utf8')) as Record<
    string,
    { readonly shape: readonly [number, number, number]; readonly data_offsets: readonly [number, number] }
  >;
  const tensors = Object.entries(header).filter(([key]) => key !== '__metadata__');
  return new Map(
    tensors.map(([key, { shape, data_offsets: [from, to] }]) => {
      const [height, width] = shape;
      return [key, { width, height, data: new Uint8Array(bytes.subarray(start + from, start + to)) }];
    }),
  );
}
