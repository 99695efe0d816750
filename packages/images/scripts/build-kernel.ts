/** Turns wasm/kernel.wat into src/kernel-code.ts: `pnpm build:kernel` after every change of the former. */
import { readFileSync, writeFileSync } from 'node:fs';

import { assembleKernel } from './assemble-kernel.ts';

const source = readFileSync(new URL('../wasm/kernel.wat', import.meta.url), 'utf8');
const lines = Buffer.from(await assembleKernel(source)).toString('base64').match(/.{1,120}/gu) ?? [];
const code = `/** The WebAssembly of wasm/kernel.wat, written by scripts/build-kernel.ts: change the former, then run the latter. */
export const kernelCode = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
writeFileSync(new URL('../src/kernel-code.ts', import.meta.url), code);
