import type { ModelGraph } from '@mmhs/core';

import type { Attribute, Graph, Node, Value } from '../graph.ts';
import { specOf } from '../graph.ts';
import { dropoutSymbols } from '../layers/dropout.ts';
import { liveNodes } from '../rewrites/dead-code.ts';
import { deferBiases } from '../rewrites/defer-biases.ts';
import { onnxTypeNumbers } from './element-type.ts';
import { encodeModel, type OnnxAttribute, type OnnxNode, type OnnxValueInfo } from './schema.ts';

/** Opset 20 is the newest whose operators onnxruntime's CPU provider has in full. */
const opsets = [
  { domain: '', version: 20 },
  { domain: 'com.microsoft', version: 1 },
];

/** Drops what no output needs, moves biases to where they cost least, and serialises the graph. */
export function serializeGraph(graph: Graph): ModelGraph {
  const { nodes: live, used } = liveNodes(graph);
  const nodes = deferBiases(live, new Set([...graph.outputs.values()].map(({ name }) => name)));
  const usedOf = (table: ReadonlyMap<string, Value>): Value[] => [...table.values()].filter((value) => used.has(value.name));
  const outputs = [...graph.outputs];
  const inputs = usedOf(graph.inputs).map((value) => withDropoutSize(graph, value));
  const weights = usedOf(graph.weights);
  const quantized = [...graph.quantizedWeights.values()].filter(({ values }) => used.has(values.name));
  const parameters = usedOf(graph.parameters);
  const named = nameOutputs(outputs, nodes);
  const aliases: OnnxNode[] = outputs.filter(([name, value]) => named.get(value.name) !== name).map(([name, value]) => ({
    input: [named.get(value.name) ?? value.name], output: [name], name: `output.${name}`, opType: 'Identity', domain: '', attribute: [],
  }));
  const model = encodeModel({
    irVersion: 9,
    producerName: 'mmhs',
    graph: {
      name: 'mmhs',
      node: [...resultsLast(nodes).map((node, index) => encodeNode(node, index, named)), ...aliases],
      initializer: [...graph.constants.values()]
        .filter(({ value }) => used.has(value.name))
        .map(({ value, bytes }) => ({
          name: value.name, dims: value.shape as number[], dataType: onnxTypeNumbers[value.type], rawData: bytes,
        })),
      input: [...inputs, ...weights, ...parameters, ...quantized.flatMap(({ values, scales }) => [values, scales])]
        .map((value) => encodeValueInfo(value.name, value)),
      output: outputs.map(([name, value]) => encodeValueInfo(name, value)),
    },
    opsetImport: opsets,
  });
  const specs = (values: readonly Value[]) => values.map((value) => specOf(value.name, value));
  return {
    model,
    inputs: specs(inputs),
    weights: specs(weights),
    ...(quantized.length === 0 ? {} : { quantizedWeights: quantized }),
    parameters: specs(parameters),
    outputs: outputs.map(([name, value]) => specOf(name, value)),
  };
}

/**
 * Names that values get because they are outputs: those that nodes make and use, the first time each. Other outputs are copies;
 * onnxruntime removes a copy where nothing else uses the value, but not of a growing cache, which attention reads as well.
 */
function nameOutputs(outputs: readonly (readonly [string, Value])[], nodes: readonly Node[]): Map<string, string> {
  const made = new Set(nodes.flatMap((node) => node.outputs.map(({ name }) => name)));
  const consumed = consumedNames(nodes);
  const named = new Map<string, string>();
  for (const [name, value] of outputs) {
    if (made.has(value.name) && consumed.has(value.name) && !named.has(value.name)) named.set(value.name, name);
  }
  return named;
}

function consumedNames(nodes: readonly Node[]): Set<string | undefined> {
  return new Set(nodes.flatMap(({ inputs }) => inputs.map((value) => value?.name)));
}

/**
 * The same nodes with those that only make results at the end, the last one first. onnxruntime runs what the graph's last
 * result needs, then what else the one before it needs, and so on: this way each layer's gradients are made as soon as they can
 * be, and what they were made of can be freed. In the order of their making, the lowest layer's would come first and everything
 * the others need would be kept until then.
 */
function resultsLast(nodes: readonly Node[]): Node[] {
  const consumed = consumedNames(nodes);
  const isResult = ({ outputs }: Node): boolean => outputs.every(({ name }) => !consumed.has(name));
  return [...nodes.filter((node) => !isResult(node)), ...nodes.filter(isResult).reverse()];
}

/** Puts the number of dropout sites, known now, into the inputs that carry their random numbers. */
function withDropoutSize(graph: Graph, value: Value): Value {
  const sizes: Record<string, number> = {
    [dropoutSymbols.sites]: graph.dropoutSize.sites,
    [dropoutSymbols.width]: graph.dropoutSize.width,
  };
  return { ...value, shape: value.shape.map((size) => sizes[size] ?? size) };
}

function encodeNode(node: Node, index: number, named: ReadonlyMap<string, string>): OnnxNode {
  const nameOf = (name: string): string => named.get(name) ?? name;
  return {
    input: node.inputs.map((value) => (value === undefined ? '' : nameOf(value.name))),
    output: node.outputs.map((value) => nameOf(value.name)),
    name: `${node.scope}/${node.type}_${index}`,
    opType: node.type,
    domain: node.domain,
    attribute: Object.entries(node.attributes).map(([name, attribute]) => encodeAttribute(name, attribute)),
  };
}

function encodeAttribute(name: string, attribute: Attribute): OnnxAttribute {
  if (typeof attribute === 'number') return { name, type: 2, i: attribute };
  if (typeof attribute === 'string') return { name, type: 3, s: new TextEncoder().encode(attribute) };
  if ('float' in attribute) return { name, type: 1, f: attribute.float };
  return { name, type: 7, ints: [...attribute] };
}

function encodeValueInfo(name: string, value: Pick<Value, 'type' | 'shape'>): OnnxValueInfo {
  const dim = value.shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: onnxTypeNumbers[value.type], shape: { dim } } } };
}
