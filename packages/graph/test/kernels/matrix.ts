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

const fusedMatMul: Kernel = ([a, b], node) => [
  product(a!, b!, attribute(node, 'transA', 0) === 1, attribute(node, 'transB', 0) === 1, attribute(node, 'alpha', 1)),
];

const gemm: Kernel = ([a, b, c], node) => {
  const [sum] = fusedMatMul([a!, b!], node);
  if (c === undefined) return [sum!];
  const beta = attribute(node, 'beta', 1);
  const placesC = places(sum!.shape, broadcastStrides(c.shape, sum!.shape));
  return [array64(sum!.shape, sum!.data.map((element, index) => element + beta * c.data[placesC[index]!]!))];
};

/** Matrix products. */
export const matrixKernels: Readonly<Record<string, Kernel>> = {
  Gemm: gemm,
  'com.microsoft.FusedMatMul': fusedMatMul,
};
