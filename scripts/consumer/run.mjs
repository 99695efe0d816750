// Packs the libraries as they would be published, installs each alone in an empty folder outside the repository and uses
// it there from plain JavaScript. Needs built packages. Names of libraries as arguments try only those.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runCommand, runPnpm } from '../ci/run-command.mjs';

const libraries = process.argv.length > 2 ? process.argv.slice(2) : ['metrics', 'parse', 'prompts', 'data', 'images'];

const folder = mkdtempSync(join(tmpdir(), 'mmhs-consumer-'));
try {
  for (const name of withDependencies(libraries)) {
    await must(runPnpm(['pack', '--pack-destination', tarballsOf(name)], { cwd: join(root, 'packages', name) }));
  }
  for (const name of libraries) await useAlone(name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} name of a library, which is installed with nothing but what it needs itself */
async function useAlone(name) {
  const project = join(folder, `use-${name}`);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const files = [...withDependencies([name])].flatMap((needed) => readdirSync(tarballsOf(needed)).map((file) => join(tarballsOf(needed), file)));
  await must(runCommand('npm', ['install', '--no-audit', '--no-fund', ...files], { cwd: project }));
  cpSync(join(root, 'scripts/consumer/uses', `${name}.mjs`), join(project, 'index.mjs'));
  await must(runCommand(process.execPath, ['index.mjs'], { cwd: project }));
  console.log(`@mmhs/${name} works alone`);
}

/** @param {string} name */
function tarballsOf(name) {
  return join(folder, 'tarballs', name);
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
