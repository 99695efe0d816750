import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { MmhsError, type FloatTensor, type ImageSizeOptions, type ModelGraph, type TransformersJsExport, type VlmFamily, type VlmModel } from '@mmhs/core';
import { loadAdapter, mergeAdapter } from '@mmhs/lora';
import { exportGraph, openCheckpointFolder, openCheckpointTensors, writeFileAtomically } from '@mmhs/runtime';

import { chooseFamily } from './config-family.ts';
import { decisionFile } from './decision-file.ts';
import { exportFiles } from './export-files.ts';
import { findCheckpoint } from './find-checkpoint.ts';
import { findAdapterModel } from './labeller-model.ts';
import type { ProgressReporter } from './progress.ts';
import { readPromptRecord } from './run-checkpoints.ts';

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

/** Options of {@link exportModel}. */
export interface ExportModelOptions {
  /** Adapter to merge into the model; null for the model alone, which needs `modelId`. */
  readonly adapterFolder: string | null;
  /** Checkpoint folder, or the name of a model on the Hub; null for the one the adapter names. */
  readonly modelId: string | null;
  readonly families: readonly VlmFamily[];
  /** Folder to write; made, and its files replaced. */
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
 * `decision.json` if it has them.
 *
 * @returns paths of the graphs inside the folder.
 * @throws MmhsError `MMHS_EXPORT_FAMILY` when that library does not know the model, and whatever opening model and adapter throws.
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
  const chunks: Record<string, number> = {};
  await mkdir(folder, { recursive: true });
  const graphs = listGraphs(transformersJs, types);
  progress?.start({ name: 'graphs', total: graphs.length, done: 0 });
  for (const [index, { name, graph, storeAs }] of graphs.entries()) {
    const { dataFiles } = await exportGraph({ graph, path: join(folder, 'onnx', name), readWeight, storeAs, signal, ...(chunkBytes !== undefined && { chunkBytes }) });
    chunks[name] = dataFiles;
    progress?.update({ done: index + 1 });
  }
  progress?.stop();
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

/** The graphs of all types with the names of their files. */
function listGraphs(model: TransformersJsExport, types: readonly ExportType[]): {
  readonly name: string;
  readonly storeAs: 'float32' | 'float16';
  readonly graph: ModelGraph;
}[] {
  return [...new Set(types)].flatMap((type) => {
    const { suffix, storeAs, precision } = typeFacts[type];
    return Object.entries(model.graphs({ precision })).map(([session, graph]) => ({ name: `${session}${suffix}.onnx`, storeAs, graph }));
  });
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
