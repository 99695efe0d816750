import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError, type FloatTensor, type ImageSizeOptions, type VlmFamily, type VlmModel } from '@mmhs/core';
import { loadAdapter, mergeAdapter } from '@mmhs/lora';
import { exportGraph, openCheckpointFolder, openCheckpointTensors, writeFileAtomically } from '@mmhs/runtime';

import { chooseFamily } from './config-family.ts';
import { decisionFile } from './decision-file.ts';
import { exportFiles } from './export-files.ts';
import { planGraphs, type ExportType, type PlannedGraph } from './export-plan.ts';
import { makeRoom, neededBytes, removeGraphs } from './export-room.ts';
import { findCheckpoint } from './find-checkpoint.ts';
import { findAdapterModel } from './labeller-model.ts';
import type { ProgressReporter } from './progress.ts';
import { readPromptRecord } from './run-checkpoints.ts';

/** Options of {@link exportModel}. */
export interface ExportModelOptions {
  /** Adapter to merge into the model; null for the model alone, which needs `modelId`. */
  readonly adapterFolder: string | null;
  /** Checkpoint folder, or the name of a model on the Hub; null for the one the adapter names. */
  readonly modelId: string | null;
  readonly families: readonly VlmFamily[];
  /** Folder to write; made, and its files replaced: graphs of an earlier export are removed, also of types that are not written now. */
  readonly folder: string;
  readonly types: readonly ExportType[];
  /** Most bytes of a file of weights; a larger tensor has one to itself. @default 2e9, what browsers can read */
  readonly chunkBytes?: number | undefined;
  /** Folder that a relative `modelId` starts from. @default the process's */
  readonly cwd?: string | undefined;
  /** Environment, for `HF_HOME`, `HF_TOKEN` and the like. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly progress?: ProgressReporter | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a model with its adapter merged as a folder that `@huggingface/transformers` loads as it is (docs/export.md): `config.json`,
 * the processor's and the tokenizer's files, `onnx/*.onnx` with their weights beside them, and the adapter's `prompt.json` and
 * `decision.json` if it has them. Stopped or failed, it leaves no graphs behind.
 *
 * @returns paths of the graphs inside the folder.
 * @throws MmhsError `MMHS_EXPORT_FAMILY` when that library does not know the model, `MMHS_EXPORT_DISK_SPACE` before anything is written
 * when the disk is too small, and whatever opening model and adapter throws.
 */
export async function exportModel(options: ExportModelOptions): Promise<{ readonly graphs: readonly string[] }> {
  const { adapterFolder, families, folder, types, chunkBytes, progress, signal } = options;
  const source = await findSource(options);
  const family = await chooseFamily({ families, name: 'auto', folder: source });
  const { files } = await openCheckpointFolder({ folder: source });
  const model = family.openModel(files);
  const { transformersJs } = model;
  if (transformersJs === undefined) throw unknownThere(family.name);
  const readWeight = await openWeights({ source, model, adapterFolder, signal });
  const graphs = planGraphs(transformersJs, types);
  const onnx = join(folder, 'onnx');
  await mkdir(onnx, { recursive: true });
  await makeRoom({ folder: onnx, graphs });
  const chunks = await writeGraphs({ folder: onnx, graphs, readWeight, chunkBytes, progress, signal });
  const imageSize = await copyPromptRecord(adapterFolder, folder);
  await copyDecision(adapterFolder, folder);
  for (const [name, content] of Object.entries(exportFiles({ files, transformersJs, imageSize, chunks }))) {
    await writeFileAtomically({ path: join(folder, name), write: (file) => file.writeFile(`${JSON.stringify(content, null, 2)}\n`) });
  }
  return { graphs: graphs.map(({ name }) => `onnx/${name}`) };
}

async function findSource(options: ExportModelOptions): Promise<string> {
  const { adapterFolder, modelId } = options;
  if (adapterFolder !== null) return findAdapterModel({ ...options, adapterFolders: [adapterFolder], modelId });
  if (modelId !== null) return findCheckpoint({ ...options, modelId });
  throw new MmhsError('MMHS_CONFIG_MISSING', 'There is nothing to export', { where: '--adapter, --model_id', fix: 'give an adapter, a model or both' });
}

/** Writes the graphs in turn, or none at all; returns how many files of weights each has, by its name. */
async function writeGraphs(options: Pick<ExportModelOptions, 'chunkBytes' | 'progress' | 'signal'> & {
  readonly folder: string;
  readonly graphs: readonly PlannedGraph[];
  readonly readWeight: (name: string) => Promise<FloatTensor>;
}): Promise<Record<string, number>> {
  const { folder, graphs, readWeight, chunkBytes, progress, signal } = options;
  const chunks: Record<string, number> = {};
  const showBytes = countMegabytes(graphs, progress);
  try {
    for (const { name, graph, storeAs, bytes } of graphs) {
      const readCounted = async (weight: string): Promise<FloatTensor> => {
        const tensor = await readWeight(weight);
        showBytes(bytes.get(weight) ?? 0);
        return tensor;
      };
      const path = join(folder, name);
      const { dataFiles } = await exportGraph({ graph, path, readWeight: readCounted, storeAs, signal, ...(chunkBytes !== undefined && { chunkBytes }) });
      chunks[name] = dataFiles;
    }
    return chunks;
  } catch (error) {
    await removeGraphs({ folder, graphs });
    throw error;
  } finally {
    progress?.stop();
  }
}

/** Begins to show how much of all weights is done; returns what is told of each piece. */
function countMegabytes(graphs: readonly PlannedGraph[], progress: ProgressReporter | undefined): (bytes: number) => void {
  const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
  let done = 0;
  progress?.start({ name: 'weights MB', total: megabytes(neededBytes(graphs)) });
  return (bytes) => {
    done += bytes;
    progress?.update({ done: megabytes(done) });
  };
}

/** The checkpoint's tensors, with the adapter in those that it changes. */
async function openWeights(options: {
  readonly source: string;
  readonly model: VlmModel;
  readonly adapterFolder: string | null;
  readonly signal: AbortSignal | undefined;
}): Promise<(name: string) => Promise<FloatTensor>> {
  const { source, model, adapterFolder, signal } = options;
  const { canonicalName } = model;
  const base = await openCheckpointTensors({ folder: source, canonicalName });
  if (adapterFolder === null) return (name) => base.readTensor(name);
  const merged = mergeAdapter(await loadAdapter({ folder: adapterFolder, ...model, ...(signal === undefined ? {} : { signal }) }));
  return async (name) => merged.merge(name, await base.readTensor(name));
}

/** Copies what training recorded of the prompt, if it did; returns the picture size in it. */
async function copyPromptRecord(adapterFolder: string | null, folder: string): Promise<ImageSizeOptions> {
  const from = join(adapterFolder ?? '', 'prompt.json');
  if (adapterFolder === null || await stat(from).catch(() => undefined) === undefined) return {};
  const record = await readPromptRecord(adapterFolder);
  await copyFile(from, join(folder, 'prompt.json'));
  return JSON.parse(record.context['imageSize'] ?? '{}') as ImageSizeOptions;
}

/** Copies thresholds and calibration tuned for the adapter; those of an adapter exported there before must not stay. */
async function copyDecision(adapterFolder: string | null, folder: string): Promise<void> {
  const to = join(folder, decisionFile);
  const from = join(adapterFolder ?? '', decisionFile);
  if (adapterFolder === null || await stat(from).catch(() => undefined) === undefined) await rm(to, { force: true });
  else await copyFile(from, to);
}

function unknownThere(family: string): MmhsError {
  return new MmhsError('MMHS_EXPORT_FAMILY', 'The model cannot be exported for @huggingface/transformers', { where: '--format', got: family });
}
