/**
 * Kills a short training again and again with SIGKILL at random moments, resumes it each time, and compares the result with
 * that of an uninterrupted run, bit for bit.
 *
 *   npx tsx --conditions=@mmhs/source scripts/kill-test/main.ts [--kills 50] [--seed 1] [--model data/demo/checkpoint]
 *
 * Ends with code 1 when anything differs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { createRandom } from '@mmhs/core';

import { compareRuns } from './compare-runs.ts';
import { runTrainer } from './run-trainer.ts';

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    model: { type: 'string', default: 'data/demo/checkpoint' },
  },
});
const wanted = Number(flags.kills);
const random = createRandom([Number(flags.seed), 'kill test']);
const folder = await mkdtemp(join(tmpdir(), 'mmhs-kills-'));
const whole = join(folder, 'whole');

const { seconds } = await runTrainer({ model: flags.model, outDir: whole, resume: false });
process.stdout.write(`uninterrupted run: ${seconds.toFixed(1)} s; then ${wanted} kills at random moments\n`);

let kills = 0;
let runs = 0;
const differences: string[] = [];
while (kills < wanted) {
  runs += 1;
  const outDir = join(folder, `killed-${runs}`);
  const killsOfRun = await killUntilDone(outDir);
  kills += killsOfRun;
  const found = await compareRuns(whole, outDir);
  differences.push(...found.map((difference) => `run ${runs}: ${difference}`));
  process.stdout.write(`run ${runs}: ${killsOfRun} kills, ${found.length === 0 ? 'same bits' : found.join('; ')}\n`);
  await rm(outDir, { recursive: true });
}

process.stdout.write(differences.length === 0
  ? `ok: ${kills} kills in ${runs} runs, every result equal to the uninterrupted run's\n`
  : `FAILED after ${kills} kills in ${runs} runs; see ${whole}\n${differences.join('\n')}\n`);
if (differences.length === 0) await rm(folder, { recursive: true });
else process.exitCode = 1;

/** Starts and resumes one run until it ends by itself; each start is killed within the time of an uninterrupted run. */
async function killUntilDone(outDir: string): Promise<number> {
  let count = 0;
  for (;;) {
    // Enough kills, or so many without an end that only an undisturbed start can bring one.
    const killAfter = kills + count < wanted && count < 12 ? seconds * (0.15 + 0.7 * random.next()) : undefined;
    const { killed } = await runTrainer({ model: flags.model, outDir, resume: true, ...(killAfter === undefined ? {} : { killAfter }) });
    if (!killed) return count;
    count += 1;
  }
}
