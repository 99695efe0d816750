import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { assembleKernel } from '../../../scripts/kernels/assemble-kernel.ts';
import { kernelCode } from './kernel-code.ts';

it('holds what wasm/kernel.wat says; otherwise run `pnpm build:kernel`', async () => {
  const source = readFileSync(new URL('../wasm/kernel.wat', import.meta.url), 'utf8');
  expect(kernelCode).toBe(Buffer.from(await assembleKernel(source)).toString('base64'));
});
