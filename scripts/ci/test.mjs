// `npm test`: installs when needed and runs all tests of the repository. The last line is `N passed, N failed`.
// Arguments go to vitest, for instance the name of a file.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { root, runCommand } from './run-command.mjs';
import { exitCodeOf, formatTally, tallyReport } from './tally.mjs';

await ensureInstalled();
const folder = mkdtempSync(join(tmpdir(), 'mmhs-test-'));
const reportFile = join(folder, 'report.json');
const code = await runCommand(process.execPath, [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile}`,
  ...process.argv.slice(2),
]);
const { skipped, ...tally } = readTally();
rmSync(folder, { recursive: true });
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(formatTally(tally));
process.exitCode = exitCodeOf(tally);

function readTally() {
  try {
    const tally = tallyReport(JSON.parse(readFileSync(reportFile, 'utf8')));
    return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
  } catch {
    console.error(`vitest ended with code ${code} and left no report`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
