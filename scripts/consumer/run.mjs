// Packs the packages as they would be published, installs them in an empty folder outside the repository and uses them
// from plain JavaScript. Needs built packages.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runCommand, runPnpm } from '../ci/run-command.mjs';

const wanted = ['metrics', 'parse'];

const folder = mkdtempSync(join(tmpdir(), 'mmhs-consumer-'));
try {
  const tarballs = join(folder, 'tarballs');
  const project = join(folder, 'project');
  mkdirSync(tarballs);
  mkdirSync(project);
  for (const name of withDependencies(wanted)) {
    await must(runPnpm(['pack', '--pack-destination', tarballs], { cwd: join(root, 'packages', name) }));
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  await must(runCommand('npm', ['install', '--no-audit', '--no-fund', ...files], { cwd: project }));
  cpSync(join(root, 'scripts/consumer/use-libraries.mjs'), join(project, 'index.mjs'));
  await must(runCommand(process.execPath, ['index.mjs'], { cwd: project }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {readonly string[]} names @returns {Set<string>} the packages and those of this workspace they need */
function withDependencies(names) {
  /** @type {Set<string>} */
  const all = new Set();
  /** @param {string} name */
  const add = (name) => {
    if (all.has(name)) return;
    all.add(name);
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@mmhs/')) add(dependency.slice('@mmhs/'.length));
    }
  };
  names.forEach(add);
  return all;
}

/** @param {Promise<number>} command */
async function must(command) {
  const code = await command;
  if (code !== 0) throw new Error(`The command before ended with code ${code}`);
}
