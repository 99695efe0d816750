import { readFileSync } from 'node:fs';
import type { FloatTensor, LinearModule, TensorSpec } from '@mmhs/core';

/** One target specification and what PEFT 0.21 adapts for it. */
export interface TargetCase {
  readonly case: string;
  readonly config: Record<string, unknown>;
  readonly modules?: readonly string[];
  readonly trainable_parameters?: number;
  readonly target_modules_on_disk?: string | readonly string[];
  readonly error?: string;
}

export interface FamilyFixture {
  readonly linears: readonly LinearModule[];
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly cases: readonly TargetCase[];
}

export const families = JSON.parse(readFixture('targets.json').toString('utf8')) as Record<
  'fusedTower' | 'softCapped' | 'smolvlm' | 'smolvlm2',
  FamilyFixture
>;

export function fixturePath(name: string): string {
  return new URL(`./__fixtures__/${name}`, import.meta.url).pathname;
}

export function readFixture(name: string): Buffer {
  return readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url));
}

export function readJson(name: string): unknown {
  return JSON.parse(readFixture(name).toString('utf8'));
}

export function specs(family: FamilyFixture): TensorSpec[] {
  return Object.entries(family.tensors).map(([name, shape]) => ({ name, shape, type: 'float32' }));
}

/** Reads a float32 safetensors file, independently of the package under test. */
export function readTensors(file: Buffer): Map<string, FloatTensor> {
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + headerBytes).toString('utf8')) as Record<
    string,
    { readonly dtype: string; readonly shape: number[]; readonly data_offsets: [number, number] }
  >;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    entries.map(([name, { dtype, shape, data_offsets: [start, end] }]) => {
      if (dtype !== 'F32') throw new Error(`${name} is ${dtype}`);
      const bytes = file.subarray(8 + headerBytes + start, 8 + headerBytes + end);
      return [name, { type: 'float32', shape, data: new Float32Array(new Uint8Array(bytes).buffer) }];
    }),
  );
}
