import { join } from 'node:path';
import { renderHelp, runCommand } from '@mmhs/trainer';
import { inspectCommand } from './inspect-command.ts';
import { prepareCommand } from './prepare-command.ts';
import { inspectSchema, prepareSchema } from './settings.ts';

const notes = ['Exit codes: 0 done; 1 failed; 2 settings not usable; 3 data not usable or not to be had; 130 stopped by Ctrl-C.'];

function prepareHelp(): string {
  return renderHelp({
    schema: prepareSchema,
    summary: 'Prepare a public data set for training, or inspect a data set.',
    usage: 'pnpm --filter prepare-data start --dataset mmhs150k|hateful_memes [flags]\n  pnpm --filter prepare-data start inspect --data FOLDER [flags]',
    examples: [
      {
        command: 'pnpm --filter prepare-data start --dataset mmhs150k --out_root data',
        purpose: 'downloads 6.6 GB and makes data/mmhs150k; stopped, the same command goes on from there',
      },
      {
        command: 'pnpm --filter prepare-data start --dataset mmhs150k --archive ~/Downloads/MMHS150K.zip --vote_policy majority',
        purpose: 'takes a file that is here already',
      },
      { command: 'pnpm --filter prepare-data start inspect --help', purpose: 'tells about inspecting' },
    ],
    notes: ['The Hugging Face Hub is reached as HF_TOKEN (or the token file), HF_ENDPOINT and HF_HUB_OFFLINE say.', ...notes],
  });
}

function inspectHelp(): string {
  return renderHelp({
    schema: inspectSchema,
    summary: 'Report what a data set is like: labels, texts, pictures, and posts that occur more than once.',
    usage: 'pnpm --filter prepare-data start inspect --data FOLDER [flags]',
    examples: [
      { command: 'pnpm --filter prepare-data start inspect --data data/mmhs150k', purpose: 'prints a report' },
      { command: 'pnpm --silent --filter prepare-data start inspect --data data/mmhs150k --json > report.json', purpose: 'for programs' },
    ],
    notes,
  });
}

/** Runs the app on a process: `inspect ...`, or the flags of preparing. */
export async function runApp(process: NodeJS.Process): Promise<void> {
  const [first] = process.argv.slice(2).filter((word) => word !== '--');
  const isInspect = first === 'inspect' || first === '--inspect';
  await runCommand({
    folder: join(import.meta.dirname, '..'),
    help: isInspect ? inspectHelp : prepareHelp,
    run: async (context) => {
      if (!isInspect) return prepareCommand(context, process);
      const index = context.argv.indexOf(first);
      return inspectCommand({ ...context, argv: context.argv.filter((_, position) => position !== index) }, process);
    },
    onInterrupt: 'Stopping; what is here is kept, and the same command goes on from there.',
    process,
  });
}
