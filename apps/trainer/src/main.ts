import { basename, join, relative } from 'node:path';
import {
  completeConfig,
  createProgress,
  findModel,
  formatEvaluations,
  resolveTrainingConfig,
  runCommand,
  runTraining,
  trainingHelp,
  type CommandContext,
  type TrainingResult,
} from '@mmhs/trainer';
import { demo } from './demo.ts';
import { families } from './families.ts';
import { readVersions } from './versions.ts';

const folder = join(import.meta.dirname, '..');
const repository = join(folder, '../..');

async function train({ argv, env, cwd, signal }: CommandContext): Promise<void> {
  const resolved = await resolveTrainingConfig({ argv, env, cwd, demo });
  const { model: name, model_id: modelId, revision, progress: mode } = resolved.config;
  const progress = createProgress({ stream: process.stderr, mode, env });
  for (const notice of resolved.notices) progress.note(notice);
  const { family, folder: modelFolder } = await findModel({ families, name, modelId, revision, cwd, env, progress, signal });
  const config = completeConfig({ config: resolved.config, family, cwd });
  const result = await runTraining({ config, family, modelFolder, progress, signal, versions: await readVersions(repository) });
  if (config.dry_run) return;
  const tables = formatEvaluations({ evaluations: result.evaluations, zeroDivision: config.zero_division });
  process.stdout.write(`\n${tables === '' ? '' : `${tables}\n\n`}${describePlaces(result, cwd)}\n`);
}

function describePlaces({ adapterFolder, folder: runFolder, bestStep }: TrainingResult, cwd: string): string {
  const best = bestStep === null ? '' : ` (of step ${bestStep}, the best)`;
  const adapter = relative(cwd, adapterFolder);
  const next = basename(adapterFolder) === 'lora_adapter'
    ? `\nNext: pnpm --filter infer start --adapter ${adapter} --serve\n      pnpm --filter evaluate start --adapter ${adapter}\n      pnpm --filter export start --adapter ${adapter} --export transformersjs`
    : '';
  return `Adapter: ${adapter}${best}\nAll artefacts: ${relative(cwd, runFolder)}${next}`;
}

void runCommand({
  folder,
  help: trainingHelp,
  run: train,
  onInterrupt: 'Stopping after a checkpoint is saved.',
  process,
});
