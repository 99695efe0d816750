/**
 * Turns wasm/kernel.wat of the package it is run in into that package's src/kernel-code.ts: `pnpm build:kernel` there after every
 * change of the former.
 */
import { readFile, writeFile } from 'node:fs/promises';

import { assembleKernel } from './assemble-kernel.ts';

const lines = Buffer.from(await assembleKernel(await readFile('wasm/kernel.wat', 'utf8'))).toString('base64').match(/.{1,120}/gu) ?? [];
const code = `/** The WebAssembly of wasm/kernel.wat, written by \`pnpm build:kernel\`: change the former, then run the latter. */
export const kernelCode = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
await writeFile('src/kernel-code.ts', code);
