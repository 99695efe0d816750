import { array64, broadcastStrides, broadcastTo, mapElements, places } from '../array64.ts';
import { attribute, type Kernel } from './kernel.ts';
import { erf } from './erf.ts';

function unary(element: (x: number) => number): Kernel {
  return ([x]) => [mapElements(x!, element)];
}

function binary(element: (a: number, b: number) => number): Kernel {
  return ([a, b]) => {
    const shape = broadcastTo(a!.shape, b!.shape);
    const placesA = places(shape, broadcastStrides(a!.shape, shape));
    const placesB = places(shape, broadcastStrides(b!.shape, shape));
    return [array64(shape, placesA.map((place, index) => element(a!.data[place]!, b!.data[placesB[index]!]!)))];
  };
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

const divide: Kernel = (inputs, node) =>
  binary(node.outputs[0]?.type === 'float32' ? (a, b) => a / b : (a, b) => Math.trunc(a / b))(inputs, node);

const where: Kernel = ([condition, a, b]) => {
  const operands = [condition!, a!, b!];
  const shape = broadcastTo(...operands.map((operand) => operand.shape));
  const [ofCondition, ofA, ofB] = operands.map((operand) => places(shape, broadcastStrides(operand.shape, shape)));
  return [array64(shape, ofCondition!.map((place, index) =>
    condition!.data[place] === 0 ? b!.data[ofB![index]!]! : a!.data[ofA![index]!]!))];
};

const cast: Kernel = ([x], node) => {
  const type = node.outputs[0]?.type;
  if (type === 'bool') return [mapElements(x!, (element) => Number(element !== 0))];
  return [type === 'float32' || type === 'float16' ? x! : mapElements(x!, Math.trunc)];
};

const tanhGelu = (x: number): number => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** Elementwise operators. */
export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Identity: unary((x) => x),
  Neg: unary((x) => -x),
  Exp: unary(Math.exp),
  Sqrt: unary(Math.sqrt),
  Tanh: unary(Math.tanh),
  Sigmoid: unary(logistic),
  Erf: unary(erf),
  Cos: unary(Math.cos),
  Sin: unary(Math.sin),
  Floor: unary(Math.floor),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: divide,
  Less: binary((a, b) => Number(a < b)),
  LessOrEqual: binary((a, b) => Number(a <= b)),
  Where: where,
  Cast: cast,
  'com.microsoft.QuickGelu': (inputs, node) => {
    const alpha = attribute(node, 'alpha', 1.702);
    return unary((x) => x * logistic(alpha * x))(inputs, node);
  },
  'com.microsoft.Gelu': unary((x) => (x / 2) * (1 + erf(x / Math.SQRT2))),
  'com.microsoft.FastGelu': ([x, bias], node) =>
    (bias === undefined ? unary(tanhGelu)([x!], node) : binary((element, added) => tanhGelu(element + added))([x!, bias], node)),
};
