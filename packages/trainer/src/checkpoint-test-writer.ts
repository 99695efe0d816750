import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rotateCheckpoints, writeCheckpoint } from './checkpoint.ts';

/** Contents of a checkpoint's files, determined by its step. */
export function contentOf(step: number, file: number): string {
  return `${step}:${file}\n`.repeat(20_000 + 1000 * file);
}

/** Writes checkpoints without end, each step twice, so that kills also hit the replacement of a checkpoint. */
async function writeForever(runFolder: string, firstStep: number): Promise<never> {
  for (let step = firstStep; ; step += 1) {
    for (let round = 0; round < 2; round += 1) {
      await writeCheckpoint({
        runFolder,
        step,
        write: async (folder) => {
          for (let file = 0; file < 3; file += 1) await writeFile(join(folder, `${file}.txt`), contentOf(step, file));
        },
      });
    }
    await rotateCheckpoints({ runFolder, limit: 1 });
    process.stdout.write(`${step}\n`);
  }
}

// As a process to be killed: node checkpoint-test-writer.ts RUN_FOLDER; starts with the step it reads from its input.
const [, script, runFolder] = process.argv;
if (script?.endsWith('checkpoint-test-writer.ts') === true && runFolder !== undefined) {
  process.stdin.once('data', (step: Buffer) => void writeForever(runFolder, Number(step.toString())));
  process.stdout.write('ready\n');
}
