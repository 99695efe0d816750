import { join, resolve } from 'node:path';
import { MmhsError } from '@mmhs/core';
import {
  listSettings,
  mergeSettings,
  openLabeller,
  parseFlags,
  renderHelp,
  runCommand,
  type CommandContext,
} from '@mmhs/trainer';
import { families } from './families.ts';
import { inferSchema } from './settings.ts';

async function infer({ argv, cwd, signal }: CommandContext): Promise<void> {
  const flags = parseFlags({ argv, settings: listSettings(inferSchema) });
  const { settings } = mergeSettings({ schema: inferSchema, layers: [flags] });
  const { text, image } = settings;
  if (text === '' && image === null) {
    throw new MmhsError('MMHS_CONFIG_MISSING', 'There is no post to label', { where: '--text, --image', fix: 'give one or both' });
  }
  const labeller = await openLabeller({
    adapterFolder: resolve(cwd, settings.adapter),
    modelFolder: settings.model_id === null ? null : resolve(cwd, settings.model_id),
    families,
    device: settings.device,
    threads: settings.threads,
    batchSize: 1,
    maxNewTokens: settings.max_new_tokens,
    signal,
  });
  try {
    const imagePath = image === null ? undefined : resolve(cwd, image);
    const sample = { id: 'post', text, imagePath, labels: [], source: 'the command line' };
    const [prediction] = await labeller.label({ samples: [sample], signal });
    const { labels = [], rawText = '', valid = false } = prediction ?? {};
    process.stdout.write(`${settings.json ? JSON.stringify({ labels, raw_generation: rawText, valid }) : JSON.stringify(labels)}\n`);
  } finally {
    await labeller.close();
  }
}

function help(): string {
  return renderHelp({
    schema: inferSchema,
    summary: 'Label one post.',
    usage: 'pnpm --silent --filter infer start --adapter FOLDER [--text TEXT] [--image FILE] [flags]',
    examples: [
      {
        command: "pnpm --silent --filter infer start --adapter runs/demo/lora_adapter --text 'hello' --image post.png",
        purpose: 'prints the labels as a JSON array',
      },
    ],
    notes: ['Exit codes: 0 done; 1 failed; 2 settings not usable; 3 picture not usable; 4 model not usable; 130 stopped by Ctrl-C.'],
  });
}

void runCommand({ folder: join(import.meta.dirname, '..'), help, run: infer, onInterrupt: 'Stopping.', process });
