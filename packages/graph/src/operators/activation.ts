import type { Value } from '../graph.ts';
import { add, erf, exp, mul, neg, sigmoid, sub, tanh } from './elementwise.ts';

/** x * sigmoid(alpha x): SiLU for alpha 1, "quick GELU" for alpha 1.702. */
export function swish(x: Value, alpha = 1): Value {
  const { graph } = x;
  const [y] = graph.add('QuickGelu', [x], { alpha: { float: alpha } }, [{ type: x.type, shape: x.shape }], 'com.microsoft');
  graph.record({
    inputs: [x],
    outputs: [y],
    vjp: ({ outputGradients: [gradient] }) => [gradient && mul(gradient, swishDerivative(x, y, alpha))],
  });
  return y;
}

/** d/dx x s(ax) = s + a y (1 - s), with s = sigmoid(a x) and y = x s. */
function swishDerivative(x: Value, y: Value, alpha: number): Value {
  const { graph } = x;
  const one = graph.scalar(1);
  const gate = sigmoid(alpha === 1 ? x : mul(x, graph.scalar(alpha)));
  const scaled = alpha === 1 ? y : mul(y, graph.scalar(alpha));
  return add(gate, mul(scaled, sub(one, gate)));
}

/** SiLU: x * sigmoid(x). */
export function silu(x: Value): Value {
  return swish(x);
}

/** The sigmoid approximation of GELU used by CLIP: x * sigmoid(1.702 x). */
export function quickGelu(x: Value): Value {
  return swish(x, 1.702);
}

/** Exact GELU: x (1 + erf(x / sqrt 2)) / 2. */
export function gelu(x: Value): Value {
  const { graph } = x;
  const [y] = graph.add('Gelu', [x], {}, [{ type: x.type, shape: x.shape }], 'com.microsoft');
  graph.record({
    inputs: [x],
    outputs: [y],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      const half = graph.scalar(0.5);
      const cumulative = add(mul(erf(mul(x, graph.scalar(Math.SQRT1_2))), half), half);
      const density = mul(exp(neg(mul(mul(x, x), half))), graph.scalar(1 / Math.sqrt(2 * Math.PI)));
      return [mul(gradient, add(cumulative, mul(x, density)))];
    },
  });
  return y;
}

/** The tanh approximation of GELU (gelu_pytorch_tanh): x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2. */
export function geluTanh(x: Value): Value {
  const { graph } = x;
  const [y] = graph.add('FastGelu', [x], {}, [{ type: x.type, shape: x.shape }], 'com.microsoft');
  graph.record({
    inputs: [x],
    outputs: [y],
    vjp: ({ outputGradients: [gradient] }) => {
      if (gradient === undefined) return [];
      const number = (value: number) => graph.scalar(value);
      const factor = Math.sqrt(2 / Math.PI);
      const square = mul(x, x);
      const bend = tanh(mul(x, add(mul(square, number(factor * 0.044715)), number(factor))));
      const slope = add(mul(square, number(3 * factor * 0.044715)), number(factor));
      const steep = mul(mul(x, slope), sub(number(1), mul(bend, bend)));
      return [mul(gradient, mul(add(add(bend, number(1)), steep), number(0.5)))];
    },
  });
  return y;
}

/** Bounds x smoothly to (-cap, cap): cap tanh(x / cap). */
export function softCap(x: Value, cap: number): Value {
  return mul(tanh(mul(x, x.graph.scalar(1 / cap))), x.graph.scalar(cap));
}
