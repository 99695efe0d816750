import { liveNodes } from '../src/rewrites/dead-code.ts';
import { dimensionTerms } from '../src/dimension.ts';
import type { Constant, Graph, Node, Value } from '../src/graph.ts';
import { numbers, type Array64 } from './array64.ts';
import { attentionKernels } from './kernels/attention.ts';
import { elementwiseKernels } from './kernels/elementwise.ts';
import { gatherKernels } from './kernels/gather.ts';
import type { Kernel } from './kernels/kernel.ts';
import { matrixKernels } from './kernels/matrix.ts';
import { rowKernels } from './kernels/rows.ts';
import { shapeKernels } from './kernels/shape.ts';

const kernels: Readonly<Record<string, Kernel>> = {
  ...attentionKernels, ...elementwiseKernels, ...gatherKernels, ...matrixKernels, ...rowKernels, ...shapeKernels,
};

/** Arrays by the name of a graph's input, weight or parameter. */
export type Feeds = Readonly<Record<string, Array64>>;

/**
 * Prepares a graph for running in double precision, where central differences mean something.
 *
 * Each run checks every value against its declared shape: the symbols' sizes are read from the inputs.
 */
export function interpreter(
  graph: Graph, outputs: readonly Value[], options: { readonly checkShapes: boolean } = { checkShapes: true },
): (feeds: Feeds) => Array64[] {
  const nodes = nodesFor(graph, outputs);
  const constants = [...graph.constants.values()].map((constant) => [constant.value.name, readConstant(constant)] as const);
  return (feeds) => {
    const sizes = symbolSizes(graph, feeds);
    const known = new Map<string, Array64>([...constants, ...Object.entries(feeds)]);
    const find = (value: Value): Array64 => {
      const found = known.get(value.name);
      if (found === undefined) throw new Error(`${value.name} is neither fed nor computed`);
      return found;
    };
    for (const node of nodes) {
      runNode(node, find).forEach((result, index) => {
        const value = node.outputs[index]!;
        if (options.checkShapes) checkShape(node, value, result, sizes);
        known.set(value.name, result);
      });
    }
    return outputs.map(find);
  };
}

/** Runs a graph once. */
export function evaluate(graph: Graph, outputs: readonly Value[], feeds: Feeds): Array64[] {
  return interpreter(graph, outputs)(feeds);
}

function nodesFor(graph: Graph, outputs: readonly Value[]): readonly Node[] {
  const wanted = { nodes: graph.nodes, outputs: new Map(outputs.map((value) => [value.name, value])) };
  return liveNodes(wanted as Graph).nodes;
}

function runNode(node: Node, find: (value: Value) => Array64): Array64[] {
  const name = node.domain === '' ? node.type : `${node.domain}.${node.type}`;
  const kernel = kernels[name];
  if (kernel === undefined) throw new Error(`The interpreter does not know ${name}`);
  return kernel(node.inputs.filter((input) => input !== undefined).map(find), node);
}

function symbolSizes(graph: Graph, feeds: Feeds): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const table of [graph.inputs, graph.weights, graph.parameters]) {
    for (const { name, shape } of table.values()) {
      const array = feeds[name];
      if (array === undefined) continue;
      if (array.shape.length !== shape.length) throw new Error(`${name} is fed with ${array.shape.length} axes`);
      shape.forEach((dimension, axis) => {
        if (typeof dimension === 'string' && !dimension.includes(' ') && !dimension.includes('*')) {
          sizes.set(dimension, array.shape[axis]!);
        }
      });
    }
  }
  return sizes;
}

function checkShape(node: Node, value: Value, result: Array64, sizes: ReadonlyMap<string, number>): void {
  const declared = value.shape.map((dimension) =>
    dimensionTerms(dimension).reduce((sum, { coefficient, symbols }) =>
      sum + symbols.reduce((product, symbol) => product * (sizes.get(symbol) ?? NaN), coefficient), 0));
  if (declared.join() !== result.shape.join()) {
    throw new Error(`${node.scope}/${node.type}: declared [${value.shape.join(', ')}] = [${declared.join(', ')}], `
      + `computed [${result.shape.join(', ')}]`);
  }
}

function readConstant({ value, bytes }: Constant): Array64 {
  const { buffer } = Uint8Array.from(bytes);
  const read = {
    float32: () => [...new Float32Array(buffer)],
    int64: () => [...new BigInt64Array(buffer)].map(Number),
    int32: () => [...new Int32Array(buffer)],
    bool: () => [...new Uint8Array(buffer)],
  } as const;
  if (!(value.type in read)) throw new Error(`Constant of type ${value.type}`);
  return numbers(read[value.type as keyof typeof read](), value.shape as readonly number[]);
}
