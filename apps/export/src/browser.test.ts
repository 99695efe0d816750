import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import type { FloatTensor } from '@mmhs/core';
import { createDecoder, createRuntime, generate, openCheckpointFolder } from '@mmhs/runtime';
import { exportModel } from '@mmhs/trainer';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families } from './families.ts';

const executablePath = process.env['MMHS_CHROMIUM'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser) console.warn(`No ${executablePath}: exports are not tested in a browser. Install chromium or set MMHS_CHROMIUM.`);

const base = join(import.meta.dirname, '../../../data/demo/checkpoint');
const library = dirname(createRequire(import.meta.url).resolve('@huggingface/transformers'));
const webRuntime = dirname(createRequire(join(library, 'index.js')).resolve('onnxruntime-web'));
const maxNewTokens = 8;
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json',
};

const pageText = '<!doctype html><script type="module">globalThis.library = await import("/library/transformers.min.js");</script>';

/** Serves a page that loads the library, and what it asks for: the library, its runtime and the exported folder. */
function serve(models: string): Server {
  const folders: Readonly<Record<string, string>> = { library, runtime: webRuntime, models };
  return createServer((request, response) => {
    const [name = '', ...rest] = normalize(new URL(request.url ?? '/', 'http://here').pathname).split('/').slice(1);
    const folder = folders[name];
    const answer = folder === undefined ? Promise.resolve(pageText) : readFile(join(folder, ...rest));
    answer.then(
      (body) => response.writeHead(200, { 'content-type': folder === undefined ? 'text/html' : contentTypes[extname(request.url ?? '')] ?? 'application/octet-stream' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
}

/** What the page is told; tensors as plain numbers. */
interface Question {
  readonly dtype: 'fp32';
  readonly ids: readonly number[];
  readonly pixels: readonly number[];
  readonly shape: readonly [number, number, number, number];
  readonly maxNewTokens: number;
}

describe.skipIf(!hasBrowser)('an exported SmolVLM in a browser', () => {
  let browser: Browser;
  let server: Server;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmhs-export-browser-'));
    await exportModel({ adapterFolder: null, modelId: base, families, folder: join(folder, 'smol'), types: ['fp32'] });
    server = serve(folder).listen(0, '127.0.0.1');
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true });
  }, 60_000);

  it('gives our answer for the same tensors', async () => {
    const { question, answer } = await askOurs();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => 'library' in globalThis);
    const sequence = await page.evaluate(askInPage, question);
    expect(sequence).toEqual([...question.ids, ...answer]);
  }, 60_000);
});

/** A post, and the answer of our own runtime. */
async function askOurs(): Promise<{ readonly question: Question; readonly answer: readonly number[] }> {
  const [family] = families;
  if (family === undefined) throw new Error('There is no family');
  const { files, tokenizer } = await openCheckpointFolder({ folder: base });
  const model = family.openModel(files);
  const processor = family.openProcessor({ files, tokenizer });
  const picture = { width: 40, height: 40, data: Uint8Array.from({ length: 4800 }, (_, index) => (index * 37) % 256) };
  const image = processor.processImage(picture);
  const post = processor.encodePost({ prompt: { system: 'Label the fruit.', labelSet: ['Apples', 'Pears'] }, text: 'two pears', image });
  const trainable = { adapters: new Map(), full: new Set<string>() };
  const runtime = await createRuntime({ threads: 1 });
  try {
    const weights = await runtime.loadCheckpoint({ folder: base });
    const vision = await runtime.createSession({ graph: model.visionGraph({ trainable }), weights });
    const { image_features: features } = await vision.run({ feeds: model.batchImages([image]) });
    const decoder = createDecoder({ runtime, model, trainable, weights });
    const [answer] = await generate({ decoder, posts: [post], imageFeatures: [features as FloatTensor], maxNewTokens });
    const pixels = image.tensors['pixel_values'] as FloatTensor;
    return {
      question: { dtype: 'fp32', ids: [...post.inputIds], pixels: [...pixels.data], shape: pixels.shape as unknown as Question['shape'], maxNewTokens },
      answer: answer?.ids ?? [],
    };
  } finally {
    await runtime.close();
  }
}

/** Runs in the page: loads the exported folder with the library and generates. */
async function askInPage({ dtype, ids, pixels, shape, maxNewTokens: max_new_tokens }: Question): Promise<number[]> {
  const { library: here } = globalThis as unknown as { readonly library: typeof import('@huggingface/transformers') };
  const { AutoModelForImageTextToText, Tensor, env } = here;
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/models/';
  env.useBrowserCache = false;
  if (env.backends.onnx.wasm !== undefined) env.backends.onnx.wasm.wasmPaths = '/runtime/';
  const model = await AutoModelForImageTextToText.from_pretrained('smol', { dtype, device: 'wasm' });
  const [tiles, , height, width] = shape;
  const int64 = (numbers: readonly number[]) => new Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
  const sequence = await model.generate({
    input_ids: int64(ids),
    attention_mask: int64(ids.map(() => 1)),
    pixel_values: new Tensor('float32', Float32Array.from(pixels), [1, ...shape]),
    pixel_attention_mask: new Tensor('bool', new Uint8Array(tiles * height * width).fill(1), [1, tiles, height, width]),
    max_new_tokens,
    do_sample: false,
  } as never) as InstanceType<typeof Tensor>;
  return [...sequence.data].map(Number);
}
