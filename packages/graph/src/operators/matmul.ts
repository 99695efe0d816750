import type { Dimension } from '@mmhs/core';

import type { Value } from '../graph.ts';
import { reduceSum } from './reduce.ts';
import { reshape } from './shape.ts';

/** Which operands are read transposed, and a factor on the product. */
export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor on the product. Default 1. */
  readonly scale?: number;
}

/**
 * Matrix product over the last two axes, leading axes equal: `[..., m, k] x [..., k, n] -> [..., m, n]`.
 *
 * onnxruntime's FusedMatMul: operands are read transposed in place and the factor costs nothing.
 */
export function matmul(a: Value, b: Value, options: MatMulOptions = {}): Value {
  const { graph } = a;
  const { transposeA = false, transposeB = false, scale = 1 } = options;
  const [m, k] = matrixSizes(a, transposeA);
  const [kB, n] = matrixSizes(b, transposeB);
  const lead = a.shape.slice(0, -2);
  if (k !== kB || lead.join() !== b.shape.slice(0, -2).join()) {
    graph.shapeError('matmul', `inner or leading axes differ (transposeA ${transposeA}, transposeB ${transposeB})`, a, b);
  }
  const [product] = graph.add(
    'FusedMatMul', [a, b], { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: scale } },
    [{ type: a.type, shape: [...lead, m, n] }], 'com.microsoft',
  );
  graph.record({
    inputs: [a, b],
    outputs: [product],
    vjp: ({ outputGradients: [gradient], wanted }) => {
      if (gradient === undefined) return [];
      const byA = () => transposeA
        ? matmul(b, gradient, { transposeA: transposeB, transposeB: true, scale })
        : matmul(gradient, b, { transposeB: !transposeB, scale });
      const byB = () => transposeB
        ? matmul(gradient, a, { transposeA: true, transposeB: transposeA, scale })
        : matmul(a, gradient, { transposeA: !transposeA, scale });
      return [wanted[0] ? byA() : undefined, wanted[1] ? byB() : undefined];
    },
  });
  return product;
}

/**
 * The same where b's rows stand before its leading axes, `[rows, ..., columns]`: such a tensor grows by rows at its end, without
 * being copied. Forward only.
 */
export function matmulRowsFirst(a: Value, b: Value, options: Pick<MatMulOptions, 'transposeB' | 'scale'> = {}): Value {
  const { transposeB = false, scale = 1 } = options;
  const [rowsOfB = 0, ...rest] = b.shape;
  const [m, k] = matrixSizes(a, false);
  const lead = a.shape.slice(0, -2);
  const [kB, n] = transposeB ? [rest.at(-1), rowsOfB] : [rowsOfB, rest.at(-1) ?? 0];
  if (k !== kB || lead.join() !== rest.slice(0, -1).join()) {
    a.graph.shapeError('matmulRowsFirst', `inner or leading axes differ (transposeB ${transposeB})`, a, b);
  }
  const [product] = a.graph.add(
    'FusedMatMul', [a, b], { transB: Number(transposeB), transBatchB: 1, alpha: { float: scale } },
    [{ type: a.type, shape: [...lead, m, n] }], 'com.microsoft',
  );
  return product;
}

/**
 * `a b + c` on matrices, c broadcast over rows or of the product's shape; onnxruntime's Gemm.
 *
 * Use it where a sum follows a product: the product is accumulated onto c without another pass.
 */
export function gemm(a: Value, b: Value, c: Value | undefined, options: MatMulOptions = {}): Value {
  const { graph } = a;
  const { transposeA = false, transposeB = false, scale = 1 } = options;
  const [m, k] = matrixSizes(a, transposeA);
  const [kB, n] = matrixSizes(b, transposeB);
  if (a.shape.length !== 2 || b.shape.length !== 2 || k !== kB) {
    graph.shapeError('gemm', `operands do not fit (transposeA ${transposeA}, transposeB ${transposeB})`, a, b);
  }
  if (c !== undefined && (c.shape.at(-1) !== n || (c.shape.length === 2 && c.shape[0] !== m))) {
    graph.shapeError('gemm', 'the summand does not have the shape of the product', c, a, b);
  }
  const [sum] = graph.add(
    'Gemm', c === undefined ? [a, b] : [a, b, c],
    { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: scale } },
    [{ type: a.type, shape: [m, n] }],
  );
  graph.record({
    inputs: c === undefined ? [a, b] : [a, b, c],
    outputs: [sum],
    vjp: ({ outputGradients: [gradient], wanted }) => {
      if (gradient === undefined) return [];
      const byA = () => transposeA
        ? gemm(b, gradient, undefined, { transposeA: transposeB, transposeB: true, scale })
        : gemm(gradient, b, undefined, { transposeB: !transposeB, scale });
      const byB = () => transposeB
        ? gemm(gradient, a, undefined, { transposeA: true, transposeB: transposeA, scale })
        : gemm(a, gradient, undefined, { transposeA: !transposeA, scale });
      const byC = (summand: Value) =>
        summand.shape.length === 2 ? gradient : reshape(reduceSum(gradient, [0]), summand.shape);
      return [wanted[0] ? byA() : undefined, wanted[1] ? byB() : undefined, c && wanted[2] ? byC(c) : undefined];
    },
  });
  return sum;
}

function matrixSizes(x: Value, transposed: boolean): [Dimension, Dimension] {
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined) return x.graph.shapeError('matmul', 'not a matrix', x);
  return transposed ? [columns, rows] : [rows, columns];
}
