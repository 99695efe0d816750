// The body of `.ci/run`: the README's test command, then every other check. Each check counts as one in the last line.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, runCommand, runPnpm } from './run-command.mjs';
import { exitCodeOf, formatTally, parseTally } from './tally.mjs';

const tally = { passed: 0, failed: 0 };
/** @type {string[]} */
const summary = [];

// Builds of types take most of a core and about a gigabyte each.
const turbo = ['exec', 'turbo', 'run', '--concurrency=2', '--output-logs=errors-only', '--no-daemon'];

await testAll();
await check('lint', () => runPnpm(['run', 'lint']));
await check('types of the tooling', () => runPnpm(['exec', 'tsc', '--noEmit']));
await check('types', () => runPnpm([...turbo, 'typecheck']));
await check('build', () => runPnpm([...turbo, 'build']));
for (const name of readdirSync(join(root, 'packages')).sort()) {
  const cwd = join(root, 'packages', name);
  await check(`package ${name} (publint, attw)`, () => runPnpm(['run', 'check:package'], { cwd }));
}
await check('bundles for browsers', () => runCommand(process.execPath, ['scripts/ci/check-bundles.mjs']));
await check('no any in published types', () => runCommand(process.execPath, ['scripts/ci/find-any.mjs']));
await check('consumer', () => runCommand(process.execPath, ['scripts/consumer/run.mjs']));

console.log(`\n${summary.join('\n')}\n`);
console.log(formatTally(tally));
process.exitCode = exitCodeOf(tally);

async function testAll() {
  let last = '';
  const started = Date.now();
  const code = await runCommand('npm', ['test'], { onLine: (line) => (last = line), env: { CI: 'true' } });
  const tests = parseTally(last) ?? { passed: 0, failed: 1 };
  tally.passed += tests.passed;
  tally.failed += code !== 0 && tests.failed === 0 ? 1 : tests.failed;
  note(code === 0, `tests (${formatTally(tests)})`, started);
  if (code !== 0 && parseTally(last) === undefined) stop('npm test did not get as far as its tests');
}

/** @param {string} name @param {() => Promise<number>} run resolves to an exit code */
async function check(name, run) {
  console.log(`\n--- ${name}`);
  const started = Date.now();
  const code = await run();
  tally[code === 0 ? 'passed' : 'failed'] += 1;
  note(code === 0, name, started);
}

/** @param {boolean} ok @param {string} name @param {number} started */
function note(ok, name, started) {
  summary.push(`${ok ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

/** @param {string} reason */
function stop(reason) {
  console.log(`\n${reason}`);
  console.log(formatTally(tally));
  process.exit(1);
}
