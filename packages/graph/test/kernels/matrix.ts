import { array64, broadcastStrides, places, sizeOf, type Array64 } from '../array64.ts';
import { attribute, type Kernel } from './kernel.ts';

/** alpha op(A) op(B) over the last two axes; leading axes equal. */
function product(a: Array64, b: Array64, transA: boolean, transB: boolean, alpha: number): Array64 {
  const lead = a.shape.slice(0, -2);
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kB, n] = transB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== kB || lead.join() !== b.shape.slice(0, -2).join()) {
    throw new RangeError(`[${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not multiply`);
  }
  const data = new Float64Array(sizeOf(lead) * m * n);
  for (let batch = 0; batch < sizeOf(lead); batch++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let inner = 0; inner < k; inner++) {
          const left = a.data[batch * m * k + (transA ? inner * m + i : i * k + inner)]!;
          const right = b.data[batch * k * n + (transB ? j * k + inner : inner * n + j)]!;
          sum += left * right;
        }
        data[(batch * m + i) * n + j] = alpha * sum;
      }
    }
  }
  return array64([...lead, m, n], data);
}

/** `[rows, ...lead, columns]` as `[...lead, rows, columns]`. */
function rowsLast(x: Array64): Array64 {
  const [rows, ...lead] = x.shape.slice(0, -1) as [number, ...number[]];
  const columns = x.shape.at(-1)!;
  const batches = sizeOf(lead);
  const data = Float64Array.from({ length: x.data.length }, (_, place) => {
    const [batch, row] = [Math.floor(place / (rows * columns)), Math.floor(place / columns) % rows];
    return x.data[(row * batches + batch) * columns + (place % columns)]!;
  });
  return array64([...lead, rows, columns], data);
}

const fusedMatMul: Kernel = ([a, b], node) => [
  product(a!, attribute(node, 'transBatchB', 0) === 1 ? rowsLast(b!) : b!, attribute(node, 'transA', 0) === 1, attribute(node, 'transB', 0) === 1, attribute(node, 'alpha', 1)),
];

const gemm: Kernel = ([a, b, c], node) => {
  const [sum] = fusedMatMul([a!, b!], node);
  if (c === undefined) return [sum!];
  const beta = attribute(node, 'beta', 1);
  const placesC = places(sum!.shape, broadcastStrides(c.shape, sum!.shape));
  return [array64(sum!.shape, sum!.data.map((element, index) => element + beta * c.data[placesC[index]!]!))];
};

/** x W^T with W in NF4: scales for 64 elements each, two codes a byte, the first in the high half. */
const matMulBnb4: Kernel = ([x, values, scales], node) => {
  const [K, N] = [attribute(node, 'K', 0), attribute(node, 'N', 0)];
  const weight = Array.from({ length: N * K }, (_, index) => {
    const code = Math.floor(values!.data[index >> 1]! / (index % 2 === 0 ? 16 : 1)) % 16;
    return nf4Levels[code]! * scales!.data[index >> 6]!;
  });
  return [product(x!, array64([N, K], weight), false, true, 1)];
};

const nf4Levels = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
  0.7229568362236023, 1,
];

/** Matrix products. */
export const matrixKernels: Readonly<Record<string, Kernel>> = {
  Gemm: gemm,
  'com.microsoft.FusedMatMul': fusedMatMul,
  'com.microsoft.MatMulBnb4': matMulBnb4,
};
