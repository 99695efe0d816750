import type { Node, Value } from '../graph.ts';

/**
 * Takes biases out of products and adds them where the product is read next: by tanh GELU, or beside another addend.
 *
 * onnxruntime's Gemm writes the bias to all of its result and then accumulates onto it; without one it writes once. On a layer of a
 * vision tower that is 2 to 4 % of the time.
 *
 * @param outputs names of values that must stay what they are.
 */
export function deferBiases(nodes: readonly Node[], outputs: ReadonlySet<string>): Node[] {
  const readers = readersOf(nodes);
  const replaced = new Map<Node, readonly Node[]>();
  for (const product of nodes) {
    const bias = product.type === 'Gemm' ? product.inputs[2] : undefined;
    const [result] = product.outputs as readonly [Value];
    const [reader, ...others] = readers.get(result.name) ?? [];
    if (bias?.shape.length !== 1 || reader === undefined || others.length > 0 || outputs.has(result.name) || replaced.has(reader)) continue;
    const after = addLater(reader, result, bias);
    if (after === undefined) continue;
    replaced.set(product, [{ ...product, inputs: product.inputs.slice(0, 2) }]);
    replaced.set(reader, after);
  }
  return nodes.flatMap((node) => replaced.get(node) ?? [node]);
}

function readersOf(nodes: readonly Node[]): Map<string, Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const input of node.inputs) if (input !== undefined) readers.set(input.name, [...(readers.get(input.name) ?? []), node]);
  }
  return readers;
}

/** What stands for the reader of a product that lacks its bias; undefined where it cannot take one. */
function addLater(reader: Node, product: Value, bias: Value): Node[] | undefined {
  const { type, inputs } = reader;
  if (type === 'FastGelu' && inputs.length === 1) return [{ ...reader, inputs: [product, bias] }];
  const isSum = type === 'Add' && inputs.every((input) => input?.shape.join() === product.shape.join());
  if (!isSum) return undefined;
  const sum: Value = { ...product, name: `${product.name}_biased` };
  return [
    { ...reader, inputs: [product, bias], outputs: [sum] },
    { ...reader, inputs: inputs.map((input) => (input?.name === product.name ? sum : input)) },
  ];
}
