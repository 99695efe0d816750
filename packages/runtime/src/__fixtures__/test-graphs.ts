import type { ElementType, ModelGraph, TensorSpec } from '@mmhs/core';
import { encodeModel, onnxTypeNumbers, type OnnxAttribute, type OnnxNode } from '@mmhs/graph';

/** A spec in one line: `spec('x', ['batch', 4])`. */
export function spec(name: string, shape: readonly (number | string)[], type: ElementType = 'float32'): TensorSpec {
  return { name, type, shape };
}

/** A node in one line: `node('MatMul', ['x', 'w'], ['y'])`. */
export function node(opType: string, input: string[], output: string[], attribute: OnnxAttribute[] = []): OnnxNode {
  return { input, output, name: output.join(), opType, domain: '', attribute };
}

/** An integer attribute. */
export function integer(name: string, i: number): OnnxAttribute {
  return { name, type: 2, i };
}

/** An attribute of integers. */
export function integers(name: string, ...ints: number[]): OnnxAttribute {
  return { name, type: 7, ints };
}

/** A hand-made graph. */
export function makeGraph(options: {
  readonly inputs: readonly TensorSpec[];
  readonly weights?: readonly TensorSpec[];
  readonly parameters?: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly nodes: OnnxNode[];
}): ModelGraph {
  const { inputs, weights = [], parameters = [], outputs, nodes } = options;
  const describe = ({ name, type, shape }: TensorSpec) => ({
    name,
    type: {
      tensorType: {
        elemType: onnxTypeNumbers[type],
        shape: { dim: shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })) },
      },
    },
  });
  const model = encodeModel({
    irVersion: 9,
    producerName: 'test',
    opsetImport: [{ domain: '', version: 20 }],
    graph: {
      name: 'test',
      node: nodes,
      initializer: [],
      input: [...inputs, ...weights, ...parameters].map(describe),
      output: outputs.map(describe),
    },
  });
  return { model, inputs, weights, parameters, outputs };
}
