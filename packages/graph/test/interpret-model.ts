import type { ElementType, ModelGraph } from '@mmhs/core';

import { Graph, type Attribute, type Node, type Value } from '../src/graph.ts';
import { onnxTypeNumbers } from '../src/onnx/element-type.ts';
import { decodeModel, type OnnxAttribute, type OnnxModel, type OnnxNode } from '../src/onnx/schema.ts';
import type { Array64 } from './array64.ts';
import { interpreter, type Feeds } from './interpreter.ts';
import { seededRandom, uniform } from './random.ts';

/** Prepares a serialised model for running in double precision; returns the outputs by name. */
export function interpretModel({ model }: Pick<ModelGraph, 'model'>): (feeds: Feeds) => Record<string, Array64> {
  const decoded = decodeModel(model);
  const { graph, values } = rebuild(decoded);
  const names = decoded.graph.output.map(({ name }) => name);
  const run = interpreter(graph, names.map((name) => values.get(name)!), { checkShapes: false });
  return (feeds) => Object.fromEntries(run(feeds).map((array, index) => [names[index]!, array]));
}

/** Random numbers for a model's weights and parameters; the same name gets the same numbers in every graph. */
export function randomWeights(...graphs: readonly ModelGraph[]): Feeds {
  const specs = graphs.flatMap(({ weights, parameters }) => [...weights, ...parameters]);
  return Object.fromEntries(specs.map(({ name, shape }) => [name, uniform(seededRandom(hash(name)), shape as number[], -0.7, 0.7)]));
}

function hash(name: string): number {
  return [...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
}

function rebuild({ graph: proto }: OnnxModel): { readonly graph: Graph; readonly values: ReadonlyMap<string, Value> } {
  const graph = new Graph();
  const values = new Map<string, Value>();
  const define = (name: string, type: ElementType, shape: Value['shape'] = []): Value => {
    const value: Value = { graph, name, type, shape };
    values.set(name, value);
    return value;
  };
  for (const { name, type: { tensorType } } of proto.input) {
    const shape = tensorType.shape.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam!);
    graph.inputs.set(name, define(name, elementType(tensorType.elemType), shape));
  }
  for (const { name, dataType, dims, rawData } of proto.initializer) {
    graph.constants.set(name, { value: define(name, elementType(dataType), dims), bytes: rawData! });
  }
  for (const node of proto.node) {
    const inputs = node.input.map((name) => (name === '' ? undefined : values.get(name)!));
    const attributes = Object.fromEntries(node.attribute.map((attribute) => [attribute.name, readAttribute(attribute)]));
    const outputs = node.output.map((name) => define(name, outputType(node, inputs)));
    const rebuilt: Node = { type: node.opType, domain: node.domain, inputs, outputs, attributes, scope: node.name };
    graph.nodes.push(rebuilt);
  }
  return { graph, values };
}

function outputType(node: OnnxNode, inputs: readonly (Value | undefined)[]): ElementType {
  const fixed: Record<string, ElementType> = { Shape: 'int64', Less: 'bool', LessOrEqual: 'bool', OneHot: 'float32' };
  if (node.opType === 'Cast') return elementType(node.attribute[0]!.i!);
  return fixed[node.opType] ?? inputs[node.opType === 'Where' ? 1 : 0]!.type;
}

function elementType(wanted: number): ElementType {
  const found = Object.entries(onnxTypeNumbers).find(([, number]) => number === wanted);
  return found![0] as ElementType;
}

function readAttribute({ type, f, i, s, ints }: OnnxAttribute): Attribute {
  if (type === 1) return { float: f! };
  if (type === 3) return new TextDecoder().decode(s);
  return type === 2 ? i! : ints!;
}
