// `npm start`: installs when needed, then does what `pnpm --filter trainer start` does, without pnpm in between, so that
// Ctrl-C and the exit code reach the trainer and the caller unchanged.
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { root, runCommand } from './run-command.mjs';

await ensureInstalled();
process.exitCode = await runCommand(
  process.execPath,
  ['--conditions=@mmhs/source', '--import=tsx', 'src/main.ts', ...process.argv.slice(2)],
  { cwd: join(root, 'apps', 'trainer'), env: { INIT_CWD: process.env['INIT_CWD'] ?? process.cwd() } },
);
