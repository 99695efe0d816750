import { Graph, gemm, serializeGraph, type Value } from '@mmhs/graph';
import { createRuntime } from '@mmhs/runtime';
import { median } from './median.ts';
const [m, k, n] = [Number(process.argv[2] ?? 224), Number(process.argv[3] ?? 1536), Number(process.argv[4] ?? 8960)];
const runtime = await createRuntime();
async function rate(name: string, build: (graph: Graph, x: Value, feeds: Record<string, unknown>) => Value, backward = false): Promise<void> {
  const graph = new Graph();
  const feeds: Record<string, any> = {};
  const width = backward ? n : k;
  const x = graph.input('x', 'float32', [m, width]);
  feeds.x = { type: 'float32', shape: [m, width], data: new Float32Array(m * width).map(() => Math.random() - 0.5) };
  const y = build(graph, x, feeds);
  graph.output('y', graph.withoutRecording(() => y));
  try {
    const weights = await runtime.loadTensors({ tensors: Object.fromEntries(Object.entries(feeds).filter(([key]) => key !== 'x')) as never });
    const session = await runtime.createSession({ graph: serializeGraph(graph), weights });
    const s: number[] = [];
    for (let round = 0; round < 13; round++) {
      const t = performance.now();
      const { y: out } = await session.run({ feeds: { x: feeds.x } as never, keep: ['y'] });
      if (round >= 3) s.push((performance.now() - t) / 1000);
      if (out && 'release' in out) (out as any).release();
    }
    console.log(name.padEnd(40), (2 * m * k * n / median(s) / 1e9).toFixed(0), 'GFLOP/s', (1000 * median(s)).toFixed(1), 'ms');
    await session.release();
  } catch (error) { console.log(name, String(error).slice(0, 300)); }
}
const w = (graph: Graph, feeds: any, name: string, type: any, shape: number[], data: any): Value => { feeds[name] = { type, shape, data }; return (graph as any).declare(graph.weights, name, type, shape) as Value; };
const add = (graph: Graph, op: string, inputs: Value[], attributes: any, out: number): Value => graph.add(op, inputs, attributes, [{ type: 'float32', shape: [m, out] }], 'com.microsoft')[0] as Value;
await rate('Gemm transB', (g, x, f) => gemm(x, w(g, f, 'w', 'float32', [n, k], new Float32Array(n * k).fill(0.01)), undefined, { transposeB: true }));
await rate('Gemm backward', (g, x, f) => gemm(x, w(g, f, 'w', 'float32', [n, k], new Float32Array(n * k).fill(0.01)), undefined), true);
for (const [bits, block, acc] of [[4, 32, 0], [4, 32, 4], [4, 64, 4], [4, 128, 4], [8, 32, 4], [8, 128, 4], [8, 128, 0]] as const) {
  const blocks = Math.ceil(k / block);
  await rate(`MatMulNBits ${bits} block ${block} level ${acc}`, (g, x, f) => add(g, 'MatMulNBits', [x,
    w(g, f, 'v', 'uint8', [n, blocks, block * bits / 8], new Uint8Array(n * blocks * block * bits / 8).map(() => Math.random() * 256)),
    w(g, f, 's', 'float32', [n * blocks], new Float32Array(n * blocks).fill(0.01))], { K: k, N: n, bits, block_size: block, accuracy_level: acc }, n));
}
for (const transB of [1, 0]) await rate(`MatMulBnb4 transB ${transB}`, (g, x, f) => add(g, 'MatMulBnb4', [x,
  w(g, f, 'v', 'uint8', [n * k / 2], new Uint8Array(n * k / 2).map(() => Math.random() * 256)),
  w(g, f, 's', 'float32', [n * k / 64], new Float32Array(n * k / 64).fill(0.01))], { K: k, N: n, block_size: 64, quant_type: 1, transB, training_mode: 1 }, transB ? n : k), transB === 0);
await rate('DynamicQuantizeMatMul', (g, x, f) => add(g, 'DynamicQuantizeMatMul', [x,
  w(g, f, 'v', 'int8', [k, n], new Int8Array(n * k).map(() => Math.random() * 128 - 64)), w(g, f, 's', 'float32', [n], new Float32Array(n).fill(0.01))], {}, n));
await runtime.close();
