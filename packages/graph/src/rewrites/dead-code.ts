import type { Graph, Node } from '../graph.ts';

/** The nodes that some output needs, in order, and the names of every value they or the outputs use. */
export function liveNodes(graph: Graph): { readonly nodes: Node[]; readonly used: ReadonlySet<string> } {
  const used = new Set([...graph.outputs.values()].map((value) => value.name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => used.has(value.name))) continue;
    for (const value of node.inputs) if (value !== undefined) used.add(value.name);
    nodes.push(node);
  }
  return { nodes: nodes.reverse(), used };
}
