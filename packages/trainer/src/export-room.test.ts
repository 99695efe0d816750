import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Graph, gatherRows, serializeGraph } from '@mmhs/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { planGraphs, type PlannedGraph } from './export-plan.ts';
import { makeRoom, neededBytes, removeGraphs } from './export-room.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmhs-room-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Graphs that pick rows of a table of so many. */
function plan(rows: number, types: Parameters<typeof planGraphs>[1]): PlannedGraph[] {
  const graph = new Graph();
  graph.output('rows', gatherRows(graph.weight('table', [rows, 8]), graph.input('ids', 'int64', ['picked'])));
  return planGraphs({ graphs: () => ({ embed_tokens: serializeGraph(graph) }), files: () => ({}) }, types);
}

const old = ['embed_tokens.onnx', 'embed_tokens_q4.onnx', 'embed_tokens_q4.onnx_data', 'embed_tokens_fp16.onnx_data_12'];
const others = ['embed_tokens.onnx.bak', 'embed_tokens_int8.onnx', 'notes.txt', 'vision.onnx'];

describe('room for an export', () => {
  it('counts the bytes of all weights as they will be stored', () => {
    expect(neededBytes(plan(100, ['fp32']))).toBe(3200);
    expect(neededBytes(plan(100, ['fp32', 'fp16']))).toBe(4800);
  });

  it('is made of what earlier exports of any type left, and of nothing else', async () => {
    for (const file of [...old, ...others]) await writeFile(join(folder, file), '');
    await makeRoom({ folder, graphs: plan(100, ['fp16']) });
    expect((await readdir(folder)).sort()).toEqual([...others].sort());
    await removeGraphs({ folder, graphs: plan(100, ['fp16']) });
    expect(await readdir(folder)).toHaveLength(others.length);
  });

  it('is looked for before anything is removed', async () => {
    for (const file of old) await writeFile(join(folder, file), '');
    await expect(makeRoom({ folder, graphs: plan(2 ** 50, ['fp32']) })).rejects.toThrow(
      expect.objectContaining({ code: 'MMHS_EXPORT_DISK_SPACE', details: expect.objectContaining({ expected: '36028797.1 GB' }) as unknown }),
    );
    expect(await readdir(folder)).toHaveLength(old.length);
  });
});
