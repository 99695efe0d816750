import { Graph, gemm, serializeGraph } from '@mmhs/graph';
import type { Runtime } from '@mmhs/runtime';

import { median } from './median.ts';

/** The machine's fp32 matrix-product rate in GFLOP/s through onnxruntime, `[m, k] x [n, k]^T`, best of the two directions' medians. */
export async function measureGemmRate(
  runtime: Runtime, size: { readonly m: number; readonly k: number; readonly n: number }, repetitions = 15,
): Promise<number> {
  const { m, k, n } = size;
  const graph = new Graph();
  const x = graph.input('x', 'float32', [m, k]);
  const product = gemm(x, graph.weight('w', [n, k]), undefined, { transposeB: true });
  graph.output('y', graph.withoutRecording(() => gemm(product, graph.weight('w', [n, k]), undefined)));
  const weights = await runtime.loadTensors({ tensors: { w: { type: 'float32', shape: [n, k], data: new Float32Array(n * k).fill(0.01) } } });
  const session = await runtime.createSession({ graph: serializeGraph(graph), weights });
  const seconds: number[] = [];
  const feeds = { x: { type: 'float32', shape: [m, k], data: new Float32Array(m * k).fill(0.5) } } as const;
  for (let round = 0; round < repetitions + 3; round++) {
    const started = performance.now();
    const { y } = await session.run({ feeds, keep: ['y'] });
    if (round >= 3) seconds.push((performance.now() - started) / 1000);
    if (y !== undefined && 'release' in y) y.release();
  }
  await session.release();
  return (4 * m * k * n) / median(seconds) / 1e9;
}
