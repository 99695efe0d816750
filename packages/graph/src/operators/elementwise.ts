import type { Value, VjpContext } from '../graph.ts';
import { onnxTypeNumbers } from '../onnx/element-type.ts';
import { broadcastShape, unbroadcast } from './broadcast.ts';

/** a + b, broadcast. */
export function add(a: Value, b: Value): Value {
  return binary('Add', a, b, ({ outputGradients: [gradient], wanted }) => [
    gradient && wanted[0] ? unbroadcast(gradient, a.shape) : undefined,
    gradient && wanted[1] ? unbroadcast(gradient, b.shape) : undefined,
  ]);
}

/** a - b, broadcast. */
export function sub(a: Value, b: Value): Value {
  return binary('Sub', a, b, ({ outputGradients: [gradient], wanted }) => [
    gradient && wanted[0] ? unbroadcast(gradient, a.shape) : undefined,
    gradient && wanted[1] ? unbroadcast(neg(gradient), b.shape) : undefined,
  ]);
}

/** a * b, broadcast. */
export function mul(a: Value, b: Value): Value {
  return binary('Mul', a, b, ({ outputGradients: [gradient], wanted }) => [
    gradient && wanted[0] ? unbroadcast(mul(gradient, b), a.shape) : undefined,
    gradient && wanted[1] ? unbroadcast(mul(gradient, a), b.shape) : undefined,
  ]);
}

/** a / b, broadcast. */
export function div(a: Value, b: Value): Value {
  const quotient = binary('Div', a, b, ({ outputGradients: [gradient], wanted }) => {
    if (gradient === undefined) return [];
    const byA = div(gradient, b);
    return [
      wanted[0] ? unbroadcast(byA, a.shape) : undefined,
      wanted[1] ? unbroadcast(neg(mul(byA, quotient)), b.shape) : undefined,
    ];
  });
  return quotient;
}

/** -x. */
export function neg(x: Value): Value {
  return unary('Neg', x, (gradient) => neg(gradient));
}

/** e to the x. */
export function exp(x: Value): Value {
  const y = unary('Exp', x, (gradient) => mul(gradient, y));
  return y;
}

/** Square root. */
export function sqrt(x: Value): Value {
  const y = unary('Sqrt', x, (gradient) => div(mul(gradient, x.graph.scalar(0.5)), y));
  return y;
}

/** Hyperbolic tangent. */
export function tanh(x: Value): Value {
  const one = x.graph.scalar(1);
  const y = unary('Tanh', x, (gradient) => mul(gradient, sub(one, mul(y, y))));
  return y;
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: Value): Value {
  const one = x.graph.scalar(1);
  const y = unary('Sigmoid', x, (gradient) => mul(gradient, mul(y, sub(one, y))));
  return y;
}

/** Gauss error function. */
export function erf(x: Value): Value {
  return unary('Erf', x, (gradient) => {
    const bell = mul(exp(neg(mul(x, x))), x.graph.scalar(2 / Math.sqrt(Math.PI)));
    return mul(gradient, bell);
  });
}

/** Cosine. */
export function cos(x: Value): Value {
  return unary('Cos', x, (gradient) => neg(mul(gradient, sin(x))));
}

/** Sine. */
export function sin(x: Value): Value {
  return unary('Sin', x, (gradient) => mul(gradient, cos(x)));
}

/** Largest integer not above x; its gradient is zero. */
export function floor(x: Value): Value {
  return x.graph.add('Floor', [x], {}, [{ type: x.type, shape: x.shape }])[0];
}

/** a <= b, as bool; not differentiable. */
export function lessOrEqual(a: Value, b: Value): Value {
  return a.graph.add('LessOrEqual', [a, b], {}, [{ type: 'bool', shape: broadcastShape('lessOrEqual', a, b) }])[0];
}

/** a < b, as bool; not differentiable. */
export function less(a: Value, b: Value): Value {
  return a.graph.add('Less', [a, b], {}, [{ type: 'bool', shape: broadcastShape('less', a, b) }])[0];
}

/** a where the condition holds, b elsewhere. The three are broadcast against each other. */
export function where(condition: Value, a: Value, b: Value): Value {
  const { graph } = a;
  const both = broadcastShape('where', a, b);
  const shape = broadcastShape('where', condition, { ...a, shape: both });
  const [chosen] = graph.add('Where', [condition, a, b], {}, [{ type: a.type, shape }]);
  const zero = graph.scalar(0);
  graph.record({
    inputs: [a, b],
    outputs: [chosen],
    vjp: ({ outputGradients: [gradient], wanted }) => [
      gradient && wanted[0] ? unbroadcast(where(condition, gradient, zero), a.shape) : undefined,
      gradient && wanted[1] ? unbroadcast(where(condition, zero, gradient), b.shape) : undefined,
    ],
  });
  return chosen;
}

/** The same numbers as another element type; differentiable between floating-point types only. */
export function cast(x: Value, type: Value['type']): Value {
  if (x.type === type) return x;
  const { graph } = x;
  const [result] = graph.add('Cast', [x], { to: onnxTypeNumbers[type] }, [{ type, shape: x.shape }]);
  if (isFloat(x.type) && isFloat(type)) {
    graph.record({
      inputs: [x],
      outputs: [result],
      vjp: ({ outputGradients: [gradient] }) => [gradient && cast(gradient, x.type)],
    });
  }
  return result;
}

function isFloat(type: Value['type']): boolean {
  return type === 'float32' || type === 'float16';
}

function binary(type: string, a: Value, b: Value, vjp: (context: VjpContext) => readonly (Value | undefined)[]): Value {
  const { graph } = a;
  if (a.type !== b.type) graph.shapeError(type, 'element types differ', a, b);
  const [result] = graph.add(type, [a, b], {}, [{ type: a.type, shape: broadcastShape(type, a, b) }]);
  graph.record({ inputs: [a, b], outputs: [result], vjp });
  return result;
}

function unary(type: string, x: Value, vjp: (gradient: Value) => Value): Value {
  const { graph } = x;
  const [result] = graph.add(type, [x], {}, [{ type: x.type, shape: x.shape }]);
  graph.record({
    inputs: [x],
    outputs: [result],
    vjp: ({ outputGradients: [gradient] }) => [gradient && vjp(gradient)],
  });
  return result;
}
