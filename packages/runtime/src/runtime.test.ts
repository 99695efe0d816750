import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FloatTensor, Tensor } from '@mmhs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from './runtime.ts';
import type { ResidentTensor } from './session.ts';
import { integer, makeGraph, node, spec } from './__fixtures__/test-graphs.ts';
import { writeSafetensors } from './write-safetensors.ts';

const float = (shape: number[], values: number[]): FloatTensor => ({
  type: 'float32', shape, data: Float32Array.from(values),
});

/** y = x w, with one weight. */
const product = makeGraph({
  inputs: [spec('x', ['rows', 2])],
  weights: [spec('w', [2, 3])],
  outputs: [spec('y', ['rows', 3])],
  nodes: [node('MatMul', ['x', 'w'], ['y'])],
});

/** y = p x as a sum, and its gradient x: the smallest thing that looks like training. */
const training = makeGraph({
  inputs: [spec('x', [3])],
  parameters: [spec('p', [3])],
  outputs: [spec('loss', []), spec('grad.p', [3])],
  nodes: [
    node('Mul', ['p', 'x'], ['products']),
    node('ReduceSum', ['products'], ['loss'], [integer('keepdims', 0)]),
    node('Identity', ['x'], ['grad.p']),
  ],
});

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'mmhs-runtime-'));
});
afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

const w = float([2, 3], [1, 2, 3, 4, 5, 6]);

describe('weights', () => {
  it('come from memory', async () => {
    const weights = await runtime.loadTensors({ tensors: { w } });
    const session = await runtime.createSession({ graph: product, weights });
    const { y } = await session.run({ feeds: { x: float([2, 2], [1, 0, 0, 1]) } });
    expect(y).toEqual(w);
    await session.release();
    await expect(session.run({ feeds: { x: float([1, 2], [1, 0]) } })).rejects.toMatchObject({
      code: 'MMHS_RUNTIME_RELEASED',
    });
  });

  it('come from a checkpoint folder, and from the first source that has them', async () => {
    await writeSafetensors({ path: join(folder, 'model.safetensors'), tensors: { w, other: float([1], [0]) } });
    const checkpoint = await runtime.loadCheckpoint({ folder });
    expect(checkpoint.specs.get('w')).toEqual(spec('w', [2, 3]));
    const merged = await runtime.loadTensors({ tensors: { w: float([2, 3], [9, 9, 9, 9, 9, 9]) } });
    const x = float([1, 2], [1, 1]);
    const plain = await runtime.createSession({ graph: product, weights: checkpoint });
    const changed = await runtime.createSession({ graph: product, weights: [merged, checkpoint] });
    checkpoint.release();
    expect((await plain.run({ feeds: { x } })).y).toEqual(float([1, 3], [5, 7, 9]));
    expect((await changed.run({ feeds: { x } })).y).toEqual(float([1, 3], [18, 18, 18]));
  });

  it.each(['initializer', 'packed-if-small'] as const)('can become the session\'s own: %s', async (weightBinding) => {
    const weights = await runtime.loadTensors({ tensors: { w } });
    const session = await runtime.createSession({ graph: product, weights, weightBinding });
    weights.release();
    for (const rows of [1, 2]) {
      const { y } = await session.run({ feeds: { x: float([rows, 2], Array<number>(2 * rows).fill(1)) } });
      expect(y?.data.subarray(0, 3)).toEqual(Float32Array.of(5, 7, 9));
    }
  });

  it('are named when they are missing or do not fit', async () => {
    const other = await runtime.loadTensors({ tensors: { v: w } });
    await expect(runtime.createSession({ graph: product, weights: other })).rejects.toThrow(/w: .*1 missing/);
    const turned = await runtime.loadTensors({ tensors: { w: float([3, 2], [1, 2, 3, 4, 5, 6]) } });
    await expect(runtime.createSession({ graph: product, weights: turned })).rejects.toThrow(/w: .*\[3, 2\].*\[2, 3\]/);
  });
});

describe('run', () => {
  it('checks what it is fed', async () => {
    const graph = makeGraph({
      inputs: [spec('a', ['n', 2]), spec('b', ['n + m']), spec('c', ['m'], 'int64')],
      outputs: [spec('y', ['n', 2])],
      nodes: [node('Identity', ['a'], ['y'])],
    });
    const session = await runtime.createSession({ graph, weights: [] });
    const good = {
      a: float([1, 2], [1, 2]),
      b: float([3], [1, 2, 3]),
      c: { type: 'int64', shape: [2], data: BigInt64Array.of(1n, 2n) } as Tensor,
    };
    expect((await session.run({ feeds: good })).y).toEqual(good.a);
    const bad = (feeds: Record<string, Tensor>): Promise<unknown> => session.run({ feeds: { ...good, ...feeds } });
    await expect(bad({ d: good.a })).rejects.toThrow(/d: .*only the graph's inputs: a, b, c/);
    await expect(bad({ a: float([1, 3], [1, 2, 3]) })).rejects.toThrow(/a: .*\[1, 3\].*\[n, 2\]/);
    await expect(bad({ a: float([2, 2], [1, 2]) })).rejects.toThrow(/a: .*2 elements.*4/);
    await expect(bad({ b: float([4], [1, 2, 3, 4]) })).rejects.toThrow(/b: .*axis 0 of size 4.*n \+ m = 3/);
    await expect(bad({ c: float([2], [1, 2]) })).rejects.toThrow(/c: .*float32.*int64/);
    await expect(session.run({ feeds: { a: good.a, b: good.b } })).rejects.toThrow(/c: .*nothing/);
    await expect(session.run({ feeds: good, outputs: ['z'] })).rejects.toThrow(/got z; expected y/);
  });

  it('reads views and shared memory, and leaves the arrays fed alone', async () => {
    const session = await runtime.createSession({ graph: product, weights: await runtime.loadTensors({ tensors: { w } }) });
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([1, 1]);
    const view = Float32Array.of(7, 1, 1, 7).subarray(1, 3);
    for (const data of [shared, view]) {
      const x = { type: 'float32', shape: [1, 2], data } as const;
      expect((await session.run({ feeds: { x } })).y).toEqual(float([1, 3], [5, 7, 9]));
      expect([...data]).toEqual([1, 1]);
    }
  });

  it('gives results that later runs do not touch, also empty ones and of changing shapes', async () => {
    const session = await runtime.createSession({ graph: product, weights: await runtime.loadTensors({ tensors: { w } }) });
    const rows = [3, 0, 1, 3];
    const results = await Promise.all(
      rows.map((n, i) => session.run({ feeds: { x: float([n, 2], Array<number>(2 * n).fill(i + 1)) } })),
    );
    results.forEach(({ y }, i) => {
      const row = [5 * (i + 1), 7 * (i + 1), 9 * (i + 1)];
      expect(y).toEqual(float([rows[i] as number, 3], Array.from({ length: rows[i] as number }, () => row).flat()));
    });
  });

  it('delivers outputs whose shape only the run can tell', async () => {
    const graph = makeGraph({
      inputs: [spec('x', ['n'])],
      outputs: [spec('places', [1, 'found'], 'int64')],
      nodes: [node('NonZero', ['x'], ['places'])],
    });
    const session = await runtime.createSession({ graph, weights: [] });
    const { places } = await session.run({ feeds: { x: float([4], [0, 5, 0, 6]) } });
    expect(places).toEqual({ type: 'int64', shape: [1, 2], data: BigInt64Array.of(1n, 3n) });
  });

  it('keeps outputs in the worker and feeds them on', async () => {
    const graph = makeGraph({
      inputs: [spec('past', ['past', 1]), spec('new', ['query', 1])],
      outputs: [spec('present', ['past + query', 1]), spec('sum', [])],
      nodes: [
        node('Concat', ['past', 'new'], ['present'], [integer('axis', 0)]),
        node('ReduceSum', ['present'], ['sum'], [integer('keepdims', 0)]),
      ],
    });
    const session = await runtime.createSession({ graph, weights: [] });
    let past: Tensor | ResidentTensor = float([1, 1], [1]);
    for (let step = 2; step <= 20; step += 1) {
      const outputs: Record<string, Tensor | ResidentTensor> = await session.run({
        feeds: { past, new: float([1, 1], [step]) },
        keep: ['present'],
      });
      if ('kept' in past) past.release();
      past = outputs.present as ResidentTensor;
      expect(past.shape).toEqual([step, 1]);
      expect(outputs.sum).toEqual(float([], [(step * (step + 1)) / 2]));
    }
    const gone = past as ResidentTensor;
    gone.release();
    await expect(session.run({ feeds: { past: gone, new: float([1, 1], [1]) } })).rejects.toThrow(/released/);
  });

  it('writes outputs behind kept ones, which stay as they are', async () => {
    const graph = makeGraph({
      inputs: [spec('past', ['past', 2]), spec('new', ['query', 2])],
      outputs: [spec('fresh', ['query', 2]), spec('whole', ['past + query', 2])],
      nodes: [node('Neg', ['new'], ['fresh']), node('Concat', ['past', 'fresh'], ['whole'], [integer('axis', 0)])],
    });
    const session = await runtime.createSession({ graph, weights: [] });
    const rows = (...values: number[]): FloatTensor => float([values.length, 2], values.flatMap((value) => [value, 10 * value]));
    const append = async (past: ResidentTensor | undefined, ...values: number[]): Promise<ResidentTensor> => {
      const { fresh } = await session.run({
        feeds: { past: past ?? rows(), new: rows(...values) }, outputs: [], keep: ['fresh'], ...(past === undefined ? {} : { appendTo: { fresh: past } }),
      });
      return fresh as ResidentTensor;
    };
    const contentOf = async (tensor: ResidentTensor): Promise<Tensor> =>
      (await session.run({ feeds: { past: tensor, new: rows() }, outputs: ['whole'] })).whole as Tensor;

    const first = await append(undefined, -1, -2);
    const [left, right] = [await append(first, -3), await append(first, -4, -5)];
    let grown = left;
    for (let step = 4; step <= 60; step += 1) {
      const next = await append(grown, -step);
      grown.release();
      grown = next;
    }
    expect(grown.shape).toEqual([60, 2]);
    expect(await contentOf(grown)).toEqual(rows(...Array.from({ length: 60 }, (_, index) => index + 1)));
    expect(await contentOf(first)).toEqual(rows(1, 2));
    expect(await contentOf(right)).toEqual(rows(1, 2, 4, 5));
    const run = (keep: string[], before: ResidentTensor) => session.run({ feeds: { past: first, new: rows(-9) }, keep, appendTo: { fresh: before } });
    await expect(run([], first)).rejects.toThrow(/appendTo\.fresh: .*name in keep/);
    await expect(run(['fresh'], { ...first, shape: [2, 3] })).rejects.toThrow(/appendTo\.fresh: .*\[2, 3\].*query, 2/);
    await expect(run(['fresh'], { ...first, type: 'int64' })).rejects.toMatchObject({ code: 'MMHS_RUNTIME_OUTPUTS' });
    first.release();
    expect(await contentOf(right)).toEqual(rows(1, 2, 4, 5));
    await expect(append(first, -6)).rejects.toThrow(/released/);
    for (const tensor of [right, grown]) tensor.release();
    // What was freed is used again: nobody reads old numbers as new ones.
    expect(await contentOf(await append(undefined, -7))).toEqual(rows(7));
  });

  it("reports onnxruntime's errors", async () => {
    const graph = makeGraph({
      inputs: [spec('x', ['n']), spec('rows', ['m'], 'int64')],
      outputs: [spec('y', ['m'])],
      nodes: [node('Gather', ['x', 'rows'], ['y'])],
    });
    const session = await runtime.createSession({ graph, weights: [] });
    const feeds = { x: float([1], [1]), rows: { type: 'int64', shape: [1], data: BigInt64Array.of(5n) } as Tensor };
    await expect(session.run({ feeds })).rejects.toMatchObject({
      code: 'MMHS_RUNTIME_FAILED', message: expect.stringMatching(/run.*Gather/) as string,
    });
    const broken = { ...graph, model: Uint8Array.of(1, 2, 3) };
    await expect(runtime.createSession({ graph: broken, weights: [] })).rejects.toThrow(/create-session/);
  });
});

describe('parameters', () => {
  it('are read when they were marked as changed, and their gradients are written or added', async () => {
    const parameters = await runtime.createParameters({ specs: [spec('unused', [2]), spec('p', [3])] });
    const session = await runtime.createSession({ graph: training, weights: [], parameters });
    const x = float([3], [1, 2, 3]);
    parameters.values.get('p')?.set([1, 1, 1]);
    expect((await session.run({ feeds: { x } })).loss?.data).toEqual(Float32Array.of(6));
    const gradient = parameters.gradients.get('p') as Float32Array;
    expect([...gradient]).toEqual([0, 0, 0]);

    parameters.values.get('p')?.set([2, 0, 0]);
    parameters.markChanged();
    expect(await session.run({ feeds: { x }, gradients: 'write' })).toEqual({ loss: float([], [2]) });
    expect([...gradient]).toEqual([1, 2, 3]);
    await session.run({ feeds: { x: float([3], [10, 20, 30]) }, gradients: 'add' });
    expect([...gradient]).toEqual([11, 22, 33]);
    await session.run({ feeds: { x }, gradients: 'write' });
    expect([...gradient]).toEqual([1, 2, 3]);
    expect((await session.run({ feeds: { x }, outputs: ['grad.p'] }))['grad.p']).toEqual(x);
  });

  it('must be there in their shapes', async () => {
    await expect(runtime.createSession({ graph: training, weights: [] })).rejects.toThrow(/p: .*pass `parameters`/);
    const parameters = await runtime.createParameters({ specs: [spec('p', [4])] });
    await expect(runtime.createSession({ graph: training, weights: [], parameters })).rejects.toThrow(/p: .*\[4\].*\[3\]/);
    await expect(runtime.createParameters({ specs: [spec('p', ['n'])] })).rejects.toThrow(/p: .*\[n\]/);
    const session = await runtime.createSession({ graph: product, weights: await runtime.loadTensors({ tensors: { w } }) });
    await expect(session.run({ feeds: { x: float([1, 2], [1, 1]) }, gradients: 'add' })).rejects.toThrow(/no gradients/);
  });
});

describe('a runtime', () => {
  it('keeps the event loop free during a long run', async () => {
    const size = 1000;
    const layers = 10;
    const graph = makeGraph({
      inputs: [spec('x', [size, size])],
      outputs: [spec(`h${layers}`, [size, size])],
      nodes: Array.from({ length: layers }, (_, i) => node('MatMul', [i === 0 ? 'x' : `h${i}`, 'x'], [`h${i + 1}`])),
    });
    const session = await runtime.createSession({ graph, weights: [] });
    const x: FloatTensor = { type: 'float32', shape: [size, size], data: new Float32Array(size * size).fill(1e-3) };
    const before = performance.eventLoopUtilization();
    const running = session.run({ feeds: { x } });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await running;
    clearInterval(timer);
    // Counted instead of timed: on a busy machine a thread may wait long for a core without being blocked.
    expect(turns).toBeGreaterThan(5);
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });

  it('needs no more memory after many runs', async () => {
    const parameters = await runtime.createParameters({ specs: [spec('p', [64, 64])] });
    const graph = makeGraph({
      inputs: [spec('x', ['rows', 64])],
      parameters: [spec('p', [64, 64])],
      outputs: [spec('y', ['rows', 64]), spec('grad.p', [64, 64])],
      nodes: [node('MatMul', ['x', 'p'], ['y']), node('Identity', ['p'], ['grad.p'])],
    });
    const session = await runtime.createSession({ graph, weights: [], parameters });
    const feeds = { x: { type: 'float32', shape: [4096, 64], data: new Float32Array(4096 * 64) } as const };
    const runs = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        parameters.markChanged();
        const { y } = await session.run({ feeds, keep: ['y'], gradients: 'add' });
        (y as unknown as ResidentTensor).release();
      }
    };
    await runs(30);
    const before = process.memoryUsage().rss;
    await runs(120);
    // Each run moves 2 MiB: without reuse this would be a quarter of a gigabyte.
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  it('drops a cancelled run and carries on with the next', async () => {
    const session = await runtime.createSession({ graph: product, weights: await runtime.loadTensors({ tensors: { w } }) });
    const x = float([1, 2], [1, 1]);
    const reason = new Error('stop');
    const controller = new AbortController();
    const first = session.run({ feeds: { x } });
    const cancelled = session.run({ feeds: { x }, keep: ['y'], signal: controller.signal });
    controller.abort(reason);
    await expect(cancelled).rejects.toBe(reason);
    expect((await first).y).toEqual(float([1, 3], [5, 7, 9]));
    await expect(session.run({ feeds: { x }, signal: controller.signal })).rejects.toBe(reason);
    expect((await session.run({ feeds: { x } })).y).toEqual(float([1, 3], [5, 7, 9]));
  });

  it('writes a profile when asked to', async () => {
    const weights = await runtime.loadTensors({ tensors: { w } });
    const session = await runtime.createSession({ graph: product, weights, profilePrefix: join(folder, 'profile') });
    await session.run({ feeds: { x: float([1, 2], [1, 1]) } });
    await session.release();
    const name = (await readdir(folder)).find((file) => file.startsWith('profile') && file.endsWith('.json'));
    expect(await readFile(join(folder, name as string), 'utf8')).toContain('MatMul');
  });
});

describe('createRuntime', () => {
  it('says what an absent device needs', async () => {
    await expect(createRuntime({ device: 'cuda' })).rejects.toMatchObject({
      code: 'MMHS_RUNTIME_DEVICE', message: expect.stringMatching(/CUDA 12.*post-install/) as string,
    });
  });

  it('refuses a senseless number of threads and an aborted signal', async () => {
    await expect(createRuntime({ threads: 0 })).rejects.toMatchObject({ code: 'MMHS_RUNTIME_THREADS' });
    await expect(createRuntime({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it('rejects what comes after closing', async () => {
    const other = await createRuntime({ threads: 1 });
    await Promise.all([other.close(), other.close()]);
    await expect(other.loadTensors({ tensors: {} })).rejects.toMatchObject({ code: 'MMHS_RUNTIME_CLOSED' });
  });
});
