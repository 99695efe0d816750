import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FloatTensor } from '@mmhs/core';
import { add, decodeModel, gatherRows, Graph, matmul, serializeGraph } from '@mmhs/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportGraph } from './export-graph.ts';

const weights: Readonly<Record<string, FloatTensor>> = {
  table: { type: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  matrix: { type: 'float32', shape: [2, 2], data: Float32Array.of(0.5, 0.25, -1, 2) },
  large: { type: 'float32', shape: [2, 2], data: Float32Array.of(65504, 65536, 0, 0) },
  vector: { type: 'float32', shape: [2], data: Float32Array.of(5, 6) },
};

/** Rows of a table, times two matrices, plus a vector. */
function toy() {
  const graph = new Graph();
  const rows = gatherRows(graph.weight('table', [2, 2]), graph.input('ids', 'int64', ['rows']));
  const product = matmul(matmul(rows, graph.weight('matrix', [2, 2])), graph.weight('large', [2, 2]));
  graph.output('y', add(product, graph.weight('vector', [2])));
  return serializeGraph(graph);
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-graph-'));
});
afterEach(() => rm(folder, { recursive: true }));

const readWeight = (name: string): Promise<FloatTensor> => Promise.resolve(weights[name] as FloatTensor);

/** The written model's stored tensors: type and bytes by name. */
async function stored(path: string) {
  const { graph } = decodeModel(await readFile(path));
  const outside = graph.initializer.filter(({ dataLocation }) => dataLocation === 1);
  const entries = await Promise.all(outside.map(async ({ name, dataType, externalData = [] }) => {
    const { location = '', offset, length } = Object.fromEntries(externalData.map(({ key, value }) => [key, value]));
    const bytes = await readFile(join(folder, location));
    return [name, { dataType, location, bytes: new Uint8Array(bytes.subarray(Number(offset), Number(offset) + Number(length))) }] as const;
  }));
  return { inputs: graph.input.map(({ name }) => name), nodes: graph.node, tensors: new Map(entries) };
}

describe('exportGraph', () => {
  it('writes weights beside the model, in as many files as they need', async () => {
    const path = join(folder, 'toy.onnx');
    expect(await exportGraph({ graph: toy(), path, readWeight, chunkBytes: 10_000 })).toEqual({ dataFiles: 2 });
    expect((await readdir(folder)).sort()).toEqual(['toy.onnx', 'toy.onnx_data', 'toy.onnx_data_1']);
    const { inputs, tensors } = await stored(path);
    expect(inputs).toEqual(['ids']);
    expect([...tensors.keys()].sort()).toEqual(Object.keys(weights).sort());
    for (const [name, { bytes }] of tensors) expect(new Float32Array(bytes.buffer), name).toEqual(weights[name]?.data);
  });

  it('stores 16 bits where they hold the numbers, and widens rows of a table after they are picked', async () => {
    const path = join(folder, 'toy.onnx');
    await exportGraph({ graph: toy(), path, readWeight, storeAs: 'float16' });
    const { inputs, nodes, tensors } = await stored(path);
    expect(inputs).toEqual(['ids']);
    expect([...tensors].map(([name, { dataType }]) => [name, dataType]).sort()).toEqual([
      ['large', 1], ['matrix.float16', 10], ['table.float16', 10], ['vector', 1],
    ]);
    expect([...new Uint16Array(tensors.get('matrix.float16')!.bytes.buffer)]).toEqual([0x3800, 0x3400, 0xbc00, 0x4000]);
    const casts = nodes.filter(({ opType }) => opType === 'Cast').map(({ input: [from], output: [to] }) => [from, to]);
    expect(casts).toContainEqual(['matrix.float16', 'matrix']);
    expect(casts).not.toContainEqual(['table.float16', 'table']);
    expect(nodes.find(({ opType }) => opType === 'Gather')?.input[0]).toBe('table.float16');
  });

  it('stops when told to, and leaves nothing behind: neither half of its own weights nor an older model beside them', async () => {
    const path = join(folder, 'toy.onnx');
    await exportGraph({ graph: toy(), path, readWeight });
    const stop = new AbortController();
    const stopping = (name: string): Promise<FloatTensor> => {
      if (name === 'matrix') stop.abort(new Error('enough'));
      return readWeight(name);
    };
    await expect(exportGraph({ graph: toy(), path, readWeight: stopping, signal: stop.signal, chunkBytes: 10 })).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
  });
});
