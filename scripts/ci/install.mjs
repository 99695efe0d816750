import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runPnpm } from './run-command.mjs';

const stampFile = join(root, 'node_modules', '.mmhs-installed');

/** Oldest Node that the tools and `require()` of our ES modules work with. */
const oldestNode = [20, 19];

/**
 * Installs what the lock file says, unless that has been done already; ends the process when it fails.
 *
 * @returns {Promise<void>}
 */
export async function ensureInstalled() {
  checkNode();
  const stamp = describeInstallation();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  console.error('Installing dependencies (once)');
  const code = await runPnpm(['install', '--frozen-lockfile'], {
    // CI: pnpm asks no questions. ONNXRUNTIME_NODE_INSTALL: the CUDA provider is not fetched.
    env: { CI: 'true', ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (code !== 0) process.exit(code);
  writeFileSync(stampFile, stamp);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  console.error(`This is Node ${process.versions.node}; Node >= ${oldestNode.join('.')} is needed.`);
  process.exit(2);
}

/** @returns {string} everything an installation depends on, as one hash */
function describeInstallation() {
  const hash = createHash('sha256').update([process.platform, process.arch, process.versions.modules].join());
  const manifests = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  );
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', ...manifests.sort()]) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
