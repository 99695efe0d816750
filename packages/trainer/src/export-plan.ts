import { elementCount, type ModelGraph, type TransformersJsExport } from '@mmhs/core';

/**
 * How an exported model stores its weights: as they are, rounded to 16 bits, or the linears in 8 or 4 bits with a scale a block and
 * the rest in 16. All compute with float32 numbers.
 */
export const exportTypes = ['fp32', 'fp16', 'q8', 'q4'] as const;

/** One of {@link exportTypes}. */
export type ExportType = (typeof exportTypes)[number];

/** What each type stands for, and the ending by which `@huggingface/transformers` finds its files. */
const typeFacts = {
  fp32: { suffix: '', storeAs: 'float32', precision: 'float32' },
  fp16: { suffix: '_fp16', storeAs: 'float16', precision: 'float32' },
  q8: { suffix: '_quantized', storeAs: 'float16', precision: 'weights-int8' },
  q4: { suffix: '_q4', storeAs: 'float16', precision: 'weights-int4' },
} as const;

/** A graph to write. */
export interface PlannedGraph {
  /** Name by which the library knows it, whatever the type. */
  readonly session: string;
  /** Name of its file. */
  readonly name: string;
  readonly storeAs: 'float32' | 'float16';
  readonly graph: ModelGraph;
  /** Bytes that each of its weights will take, by the name it is read by; a few more where float16 cannot hold its numbers. */
  readonly bytes: ReadonlyMap<string, number>;
}

/** The graphs of all types with the names of their files. */
export function planGraphs(model: TransformersJsExport, types: readonly ExportType[]): PlannedGraph[] {
  return [...new Set(types)].flatMap((type) => {
    const { suffix, storeAs, precision } = typeFacts[type];
    return Object.entries(model.graphs({ precision })).map(([session, graph]) => ({
      session, name: `${session}${suffix}.onnx`, storeAs, graph, bytes: storedBytes(graph, storeAs),
    }));
  });
}

/** Whether a file is one that an export of the same sessions in any type writes. */
export function isGraphFile(file: string, graphs: readonly PlannedGraph[]): boolean {
  const model = file.replace(/_data(_\d+)?$/, '');
  return graphs.some(({ session }) => Object.values(typeFacts).some(({ suffix }) => model === `${session}${suffix}.onnx`));
}

function storedBytes(graph: ModelGraph, storeAs: PlannedGraph['storeAs']): Map<string, number> {
  const elements = (shape: readonly (number | string)[]): number => elementCount(shape as readonly number[]);
  const plain = graph.weights.map(({ name, shape }) => [name, elements(shape) * (storeAs === 'float16' && shape.length > 1 ? 2 : 4)] as const);
  const rounded = (graph.quantizedWeights ?? []).map(({ source, values, scales }) =>
    [source, elements(values.shape) + 4 * elements(scales.shape)] as const);
  return new Map([...plain, ...rounded]);
}
