// Makes sure that the packages meant for browsers load there, are small, and need not be loaded whole. Needs built packages.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBudget } from './bundle-size.mjs';
import { root } from './run-command.mjs';

/** @type {Readonly<Record<string, import('./bundle-size.mjs').Budget>>} */
const budgets = JSON.parse(readFileSync(join(root, 'scripts/ci/bundle-budgets.json'), 'utf8'));

let failed = 0;
for (const [name, budget] of Object.entries(budgets)) {
  for (const { name: what, gzipBytes, fault } of await checkBudget(`packages/${name}/dist/index.js`, budget)) {
    console.log(`${fault === undefined ? 'ok    ' : 'FAILED'} @mmhs/${name}: ${what} ${fault ?? `${gzipBytes} bytes gzipped`}`);
    if (fault !== undefined) failed += 1;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
