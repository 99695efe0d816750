/**
 * Times a JPEG file of 1024 x 768 on its way to the tensors of three model families, and the parts of that way:
 * `npx tsx --conditions=@mmhs/source bench/speed.ts [photo.jpg] [rounds]`.
 *
 * Prints, for each, the processor time of all threads together and the time passed, in milliseconds a picture: the median
 * and the least of all rounds. Everything takes its turn in each round, five times in a row.
 */
import { rmSync } from 'node:fs';

import { plainResize } from '../src/__fixtures__/plain-resize.ts';
import { decodeImage, normalizeToPlanar, patchify, resizeImage } from '../src/index.ts';
import { writePhoto } from './photo.ts';

const [given, rounds = '10'] = process.argv.slice(2);
const path = given ?? (await writePhoto({ width: 1024, height: 768 }));
const clip = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] } as const;
const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
const qwenPatches = { patchSize: 14, mergeSize: 2, temporalPatchSize: 2, ...clip } as const;
const qwen64 = { width: 252, height: 168, filter: 'bicubic' } as const;
const qwen256 = { width: 504, height: 364, filter: 'bicubic' } as const;
const paligemma = { width: 224, height: 224, filter: 'bicubic' } as const;
const smol = [{ width: 512, height: 384, filter: 'lanczos' }, { width: 512, height: 512, filter: 'lanczos' }] as const;

const image = await decodeImage({ path });
const small = resizeImage(image, qwen64);
const square = resizeImage(image, smol[1]);

const works: Readonly<Record<string, () => unknown>> = {
  'file -> Qwen2-VL, 64 tokens': async () => patchify(resizeImage(await decodeImage({ path }), qwen64), qwenPatches),
  'file -> Qwen2-VL, 256 tokens': async () => patchify(resizeImage(await decodeImage({ path }), qwen256), qwenPatches),
  'file -> PaliGemma, 224 x 224': async () => normalizeToPlanar(resizeImage(await decodeImage({ path }), paligemma), half),
  'file -> SmolVLM, one tile': async () =>
    normalizeToPlanar(smol.reduce((picture, size) => resizeImage(picture, size), await decodeImage({ path })), half),
  'decode': () => decodeImage({ path }),
  'resize to 252 x 168, bicubic': () => resizeImage(image, qwen64),
  '  the same without WebAssembly': () => plainResize(image, qwen64),
  'resize to 224 x 224, bicubic': () => resizeImage(image, paligemma),
  '  the same without WebAssembly ': () => plainResize(image, paligemma),
  'resize to 512 x 384, lanczos': () => resizeImage(image, smol[0]),
  '  the same without WebAssembly  ': () => plainResize(image, smol[0]),
  'patchify 252 x 168': () => patchify(small, qwenPatches),
  'normalizeToPlanar 512 x 512': () => normalizeToPlanar(square, half),
};

const times = new Map(Object.keys(works).map((name) => [name, { processor: [] as number[], passed: [] as number[] }]));
const [warmUp, inARow] = [2, 5];
for (let round = -warmUp; round < Number(rounds); round += 1) {
  for (const [name, work] of Object.entries(works)) {
    const [usage, start] = [process.cpuUsage(), performance.now()];
    for (let run = 0; run < inARow; run += 1) await work();
    const passed = performance.now() - start;
    const { user, system } = process.cpuUsage(usage);
    if (round < 0) continue;
    times.get(name)!.processor.push((user + system) / 1000 / inARow);
    times.get(name)!.passed.push(passed / inARow);
  }
}
if (given === undefined) rmSync(path);

console.log('ms a picture                       processor: median  least     passed: median  least');
for (const [name, { processor, passed }] of times) {
  const cells = [median(processor), Math.min(...processor), median(passed), Math.min(...passed)].map((value) => value.toFixed(2));
  console.log(`${name.padEnd(42)}${cells[0]!.padStart(10)}${cells[1]!.padStart(7)}${cells[2]!.padStart(19)}${cells[3]!.padStart(7)}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1]!;
}
