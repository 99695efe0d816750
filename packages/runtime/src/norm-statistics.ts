import type { OnnxAttribute, OnnxModel, OnnxNode } from '@mmhs/graph';

/**
 * Computes the statistics of normalisations (1 / standard deviation, mean) by operators of their own where a graph uses them.
 *
 * onnxruntime's WebGPU kernels leave these optional outputs unwritten without saying so; gradients made of them are garbage.
 */
export function writeOutNormStatistics(model: OnnxModel): OnnxModel {
  const initializer = [...model.graph.initializer];
  const node = model.graph.node.flatMap((each) => {
    if (each.output.slice(1).every((name) => name === '')) return [each];
    if (each.opType === 'SimplifiedLayerNormalization') return [firstOutputOnly(each), ...rootMeanSquare(each, initializer)];
    if (each.opType === 'LayerNormalization') return [firstOutputOnly(each), ...meanAndDeviation(each, initializer)];
    return [each];
  });
  return { ...model, graph: { ...model.graph, node, initializer } };
}

type Initializers = OnnxModel['graph']['initializer'];

function firstOutputOnly(node: OnnxNode): OnnxNode {
  return { ...node, output: node.output.slice(0, 1) };
}

function rootMeanSquare(node: OnnxNode, initializers: Initializers): OnnxNode[] {
  return inverseDeviation(node, node.input[0] ?? '', node.output[1] ?? '', initializers);
}

function meanAndDeviation(node: OnnxNode, initializers: Initializers): OnnxNode[] {
  const [x = ''] = node.input;
  const [, mean = '', inverse = ''] = node.output;
  const named = (part: string): string => `${node.name}/${part}`;
  const average = mean === '' ? named('mean') : mean;
  return [
    lastAxisMean(named('ReduceMean'), x, average, initializers),
    makeNode('Sub', named('Sub'), [x, average], named('centred')),
    ...inverseDeviation(node, named('centred'), inverse, initializers),
  ];
}

/** 1 / sqrt(mean(x^2) + epsilon) over the last axis. */
function inverseDeviation(node: OnnxNode, x: string, output: string, initializers: Initializers): OnnxNode[] {
  if (output === '') return [];
  const named = (part: string): string => `${node.name}/${part}`;
  const epsilon = node.attribute.find(({ name }) => name === 'epsilon')?.f ?? 1e-5;
  initializers.push({ name: named('epsilon'), dims: [], dataType: 1, rawData: new Uint8Array(Float32Array.of(epsilon).buffer) });
  return [
    makeNode('Mul', named('Square'), [x, x], named('squared')),
    lastAxisMean(named('MeanSquare'), named('squared'), named('mean_square'), initializers),
    makeNode('Add', named('AddEpsilon'), [named('mean_square'), named('epsilon')], named('variance')),
    makeNode('Sqrt', named('Sqrt'), [named('variance')], named('deviation')),
    makeNode('Reciprocal', named('Reciprocal'), [named('deviation')], output),
  ];
}

function lastAxisMean(name: string, x: string, output: string, initializers: Initializers): OnnxNode {
  const axes = `${name}/axes`;
  initializers.push({ name: axes, dims: [1], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(-1n).buffer) });
  return makeNode('ReduceMean', name, [x, axes], output, [{ name: 'keepdims', type: 2, i: 1 }]);
}

function makeNode(opType: string, name: string, input: string[], output: string, attribute: OnnxAttribute[] = []): OnnxNode {
  return { opType, name, input, output: [output], domain: '', attribute };
}
