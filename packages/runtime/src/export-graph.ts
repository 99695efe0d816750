import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { FloatTensor, ModelGraph } from '@mmhs/core';
import { decodeModel, encodeModel, onnxTypeNumbers, type OnnxModel, type OnnxTensor } from '@mmhs/graph';
import { writeFileAtomically } from './atomic-file.ts';
import { toFloat16 } from './narrow.ts';
import { quantizeWeight } from './quantize-weight.ts';

/** Options of {@link exportGraph}. */
export interface ExportGraphOptions {
  /** A graph without parameters. */
  readonly graph: ModelGraph;
  /** Path of the model, such as `onnx/embed_tokens.onnx`; its folder is made. */
  readonly path: string;
  /** A checkpoint tensor, by the name that the graph knows it by. */
  readonly readWeight: (name: string) => Promise<FloatTensor>;
  /** How weights are stored that the graph does not take in fewer bits; computed with are float32 numbers. Default `float32`. */
  readonly storeAs?: 'float32' | 'float16';
  /** Largest size of a file of weights in bytes, unless one tensor is larger. Default 2 GB, what browsers can hold in one piece. */
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Readers map the files into memory; that needs whole pages. */
const pageBytes = 4096;
/** TensorProto.DataLocation.EXTERNAL. */
const externalLocation = 1;
/** Largest number that a half-precision float holds. */
const largestHalf = 65504;
/** node:fs writes at most 2^31 - 1 bytes at once. */
const writtenAtOnce = 2 ** 30;

/**
 * Writes a graph with its weights: the model to `path`, weights as ONNX external data to `<path>_data`, `<path>_data_1` and so on.
 *
 * One weight at a time is in memory. Vectors, and tensors with numbers that float16 cannot hold, are stored as float32 always.
 * A model that was there is removed first and its place stays empty when writing fails: no model is ever beside the weights of another.
 *
 * @returns the number of files with weights.
 */
export async function exportGraph(options: ExportGraphOptions): Promise<{ readonly dataFiles: number }> {
  const { graph, path, readWeight, storeAs = 'float32', signal } = options;
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  const model = decodeModel(graph.model);
  const files = createDataFiles(path, options.chunkBytes ?? 2e9);
  try {
    for (const { name } of graph.weights) {
      signal?.throwIfAborted();
      const { shape, data } = await readWeight(name);
      if (storeAs === 'float16' && shape.length > 1 && fitsHalf(data)) {
        const half = `${name}.float16`;
        addInitializer(model, half, 'float16', shape, await files.append(toFloat16(data)));
        widen(model, half, name);
      } else addInitializer(model, name, 'float32', shape, await files.append(data));
    }
    for (const weight of graph.quantizedWeights ?? []) {
      signal?.throwIfAborted();
      const { values, scales } = quantizeWeight(weight, await readWeight(weight.source));
      addInitializer(model, weight.values.name, weight.values.type, weight.values.shape, await files.append(values));
      addInitializer(model, weight.scales.name, 'float32', weight.scales.shape, await files.append(scales));
    }
    await files.close();
  } catch (error) {
    await files.remove();
    throw error;
  }
  const stored = new Set(model.graph.initializer.map(({ name }) => name));
  const widened = new Set(graph.weights.map(({ name }) => name));
  model.graph.input = model.graph.input.filter(({ name }) => !stored.has(name) && !widened.has(name));
  await writeFileAtomically({ path, write: (file) => file.writeFile(encodeModel(model)) });
  return { dataFiles: files.count() };
}

function addInitializer(
  model: OnnxModel, name: string, type: keyof typeof onnxTypeNumbers, shape: readonly (number | string)[], externalData: OnnxTensor['externalData'] & {},
): void {
  model.graph.initializer.push({
    name, dims: shape.map(Number), dataType: onnxTypeNumbers[type], externalData, dataLocation: externalLocation,
  });
}

/**
 * Makes float32 numbers `name` of the stored ones. Rows of a table are widened after they are picked, not the whole of it at each run.
 */
function widen(model: OnnxModel, half: string, name: string): void {
  const cast = (from: string, to: string) => ({
    input: [from], output: [to], name: `widen.${to}`, opType: 'Cast', domain: '',
    attribute: [{ name: 'to', type: 2, i: onnxTypeNumbers.float32 }],
  });
  let isUsedWhole = false;
  model.graph.node = model.graph.node.flatMap((node) => {
    const picks = node.opType === 'Gather' && node.input[0] === name;
    if (!picks) {
      isUsedWhole ||= node.input.includes(name);
      return [node];
    }
    const [output = ''] = node.output;
    const picked = `${output}.float16`;
    return [{ ...node, input: [half, ...node.input.slice(1)], output: [picked] }, cast(picked, output)];
  });
  if (isUsedWhole) model.graph.node.unshift(cast(half, name));
}

function fitsHalf(data: Float32Array): boolean {
  return data.every((value) => Math.abs(value) <= largestHalf);
}

/** Appends tensors to files and says where they lie, as ONNX wants to know it. */
function createDataFiles(modelPath: string, chunkBytes: number): {
  append(values: Float32Array | Uint16Array | Uint8Array | Int8Array): Promise<{ key: string; value: string }[]>;
  count(): number;
  close(): Promise<void>;
  remove(): Promise<void>;
} {
  let file: FileHandle | undefined;
  const paths: string[] = [];
  let offset = 0;
  const close = async (): Promise<void> => {
    const last = file;
    file = undefined;
    await last?.close();
  };
  const next = async (): Promise<FileHandle> => {
    await close();
    const path = `${modelPath}_data${paths.length === 0 ? '' : `_${paths.length}`}`;
    file = await open(path, 'w');
    paths.push(path);
    offset = 0;
    return file;
  };
  return {
    async append(values) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const isFull = offset > 0 && offset + bytes.byteLength > chunkBytes;
      const target = file === undefined || isFull ? await next() : file;
      const start = offset;
      let written = 0;
      while (written < bytes.byteLength) {
        const length = Math.min(writtenAtOnce, bytes.byteLength - written);
        written += (await target.write(bytes, written, length, start + written)).bytesWritten;
      }
      offset = Math.ceil((start + bytes.byteLength) / pageBytes) * pageBytes;
      return [
        { key: 'location', value: basename(paths.at(-1) ?? '') },
        { key: 'offset', value: String(start) },
        { key: 'length', value: String(bytes.byteLength) },
      ];
    },
    count: () => paths.length,
    close,
    remove: async () => {
      await close();
      for (const path of paths) await rm(path, { force: true });
    },
  };
}
