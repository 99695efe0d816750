// `pnpm golden --dir FOLDER [--family NAME]`: all parity checks on a folder with values of the reference implementation.
import { readArguments, usage, UsageError } from './arguments.ts';
import { createReporter, summarise } from './reporter.ts';
import { runChecks } from './run-checks.ts';

async function main(): Promise<number> {
  // pnpm runs scripts in the repository's root and tells where it was called.
  const request = readArguments(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
  if (request === 'help') {
    console.log(usage);
    return 0;
  }
  const reporter = createReporter({ write: (line) => console.log(line) });
  await runChecks({ ...request, reporter });
  const { text, passed } = summarise(reporter.lines);
  console.log(text);
  return passed ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
