import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a run was made with: this software, its commit where there is one, and Node. */
export async function readVersions(repository: string): Promise<Record<string, string>> {
  const manifest: unknown = JSON.parse(await readFile(join(repository, 'packages/trainer/package.json'), 'utf8'));
  const { version } = manifest as { readonly version: string };
  const commit = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: repository }).then(
    ({ stdout }) => ({ commit: stdout.trim() }),
    () => ({}), // not a clone
  );
  return { '@mmhs/trainer': version, ...commit, node: process.version };
}
